import type { CodegenConfig } from "@graphql-codegen/cli";
import { addTypenameSelectionDocumentTransform } from "@graphql-codegen/client-preset";

const config: CodegenConfig = {
  schema: "../schema/schema.graphql",
  documents: "src/**/*.graphql",
  generates: {
    "src/gql/": {
      preset: "client",
      // As the cache would add it: what is sent has to be what was hashed.
      documentTransforms: [addTypenameSelectionDocumentTransform],
      presetConfig: {
        fragmentMasking: false,
        persistedDocuments: { hashAlgorithm: "sha256" },
      },
      config: {
        enumsAsTypes: true,
        nonOptionalTypename: true,
        scalars: { DateTime: "string", ID: "string", Upload: "never" },
        strictScalars: true,
        useTypeImports: true,
      },
    },
  },
};

export default config;
