import js from "@eslint/js";
import a11y from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import globals from "globals";
import tseslint from "typescript-eslint";

const REACT = ["react", "react-dom", "react-dom/*", "urql", "wouter", "react-error-boundary"];
const OUTSIDE = ["../../session/*", "../../graph/*", "../../pictures/*", "../../frame/*"];

export default tseslint.config(
  { ignores: ["dist", "src/gql", "node_modules"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      globals: globals.browser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      complexity: ["error", 7],
      "max-lines": ["error", 250],
      "max-statements": ["error", 30],
      "@typescript-eslint/consistent-type-definitions": ["error", "interface"],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // What is taken out of props so that the rest can be handed on.
      "@typescript-eslint/no-unused-vars": ["error", { ignoreRestSiblings: true }],
    },
  },
  {
    files: ["src/**/*.tsx"],
    extends: [hooks.configs.flat["recommended-latest"], a11y.flatConfigs.strict],
  },
  {
    // Other frontends take this module as it is: it knows neither React nor the rest of this app.
    files: ["src/device/**/*.ts"],
    rules: { "no-restricted-imports": ["error", { patterns: [...REACT, ...OUTSIDE] }] },
  },
  { files: ["*.js"], extends: [tseslint.configs.disableTypeChecked] },
);
