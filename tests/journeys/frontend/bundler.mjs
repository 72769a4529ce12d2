// Finds modules that are named without their endings, as bundlers do.

import { registerHooks } from "node:module";

const ENDINGS = ["", ".ts", ".js", "/index.ts"];

registerHooks({
  resolve(name, context, next) {
    for (const ending of name.startsWith(".") ? ENDINGS : [""]) {
      try {
        return next(name + ending, context);
      } catch (error) {
        if (!["ERR_MODULE_NOT_FOUND", "ERR_UNSUPPORTED_DIR_IMPORT"].includes(error.code)) throw error;
      }
    }
    return next(name, context);
  },
});
