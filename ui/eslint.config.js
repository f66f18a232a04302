/** Lint of the terminal; every rule is an error. */
import { readdirSync, readFileSync } from "node:fs";

import js from "@eslint/js";
import a11y from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import globals from "globals";
import ts from "typescript-eslint";

const generated = new URL("./src/generated/", import.meta.url);
const records = readdirSync(generated)
  // The names of REST bodies are those of everyday things (`Price`, `Level`): they may stand for others too.
  .filter((name) => name.endsWith(".ts") && name !== "rest.ts")
  .flatMap((name) => [
    ...readFileSync(new URL(name, generated), "utf8").matchAll(/^export interface (\w+)/gm),
  ])
  .map((match) => match[1]);
const named = `/^(${records.join("|")})$/`;
const message = "Record types are generated from schemas/avro: import them from src/generated.";

export default ts.config(
  { ignores: ["dist", "node_modules", "src/generated"] },
  js.configs.recommended,
  ...ts.configs.strictTypeChecked,
  ...ts.configs.stylisticTypeChecked,
  a11y.flatConfigs.strict,
  hooks.configs.flat["recommended-latest"],
  {
    languageOptions: {
      globals: globals.browser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/consistent-type-definitions": "off",
      "no-console": "error",
      eqeqeq: "error",
      "max-lines": ["error", 400],
      "no-restricted-syntax": [
        "error",
        { selector: `TSInterfaceDeclaration[id.name=${named}]`, message },
        { selector: `TSTypeAliasDeclaration[id.name=${named}]`, message },
        {
          selector: "CallExpression[callee.name=/^(get|getVersioned|send|useAnswer)$/] > TSTypeParameterInstantiation > TSTypeLiteral",
          message: "REST bodies are generated from the gateway's OpenAPI: import them from src/generated/rest.",
        },
        // No shape but a record has these; a copy under another name is still a copy.
        { selector: "TSPropertySignature[key.name=/^(source_ts|ingest_ts|trace_id)$/]", message },
      ],
    },
  },
  { files: ["**/*.js"], ...ts.configs.disableTypeChecked },
);
