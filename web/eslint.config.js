// SPDX-License-Identifier: Apache-2.0
import js from "@eslint/js";
import svelte from "eslint-plugin-svelte";
import ts from "typescript-eslint";
import svelteConfig from "./svelte.config.js";

/** protocol → transport → audio → state → views: a layer may import what stands before it, never what stands after. */
const layers = ["protocol", "transport", "audio", "state", "views"];

const layering = layers.slice(0, -1).map((layer, index) => ({
  files: [`src/${layer}/**/*.ts`],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: layers.slice(index + 1).map((later) => ({
          group: [`**/${later}/*`, `**/${later}/**`],
          message: `${layer} comes before ${later}.`,
        })),
      },
    ],
  },
}));

/** What is acquired is owned: these go through a Scope, which gives them back. */
const owned = [
  "addEventListener",
  "setTimeout",
  "setInterval",
  "requestAnimationFrame",
].map((name) => ({
  selector: `CallExpression[callee.name='${name}'], CallExpression[callee.property.name='${name}']`,
  message: `${name} is acquired through a Scope.`,
}));

export default ts.config(
  { ignores: ["dist/", "node_modules/", "src/protocol/generated/"] },
  js.configs.recommended,
  ...ts.configs.strictTypeChecked,
  ...ts.configs.stylisticTypeChecked,
  ...svelte.configs.recommended,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ["*.js", "*.ts"] },
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: [".svelte"],
      },
    },
  },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
  },
  {
    files: ["src/**"],
    rules: {
      "no-undef": "off",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/ban-ts-comment": "error",
      "@typescript-eslint/explicit-module-boundary-types": "error",
      // tsconfig's noPropertyAccessFromIndexSignature is off, but ["x"] says that a key may be missing.
      "@typescript-eslint/dot-notation": "off",
      // The names spelled out letter by letter here are ASCII.
      "@typescript-eslint/no-misused-spread": "off",
      // Only what is declared with $state is meant to be reactive.
      "svelte/prefer-svelte-reactivity": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "no-restricted-syntax": [
        "error",
        ...owned,
        { selector: "NewExpression[callee.name=/^(Resize|Mutation|Intersection)Observer$/]", message: "Observers are acquired through a Scope." },
        { selector: "ExportDefaultDeclaration", message: "Exports have names." },
      ],
    },
  },
  // svelte-check types component props; the parser behind ESLint sees only `any` there.
  {
    files: ["**/*.svelte"],
    rules: {
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-return": "off",
    },
  },
  { files: ["src/scope.ts"], rules: { "no-restricted-syntax": "off" } },
  ...layering,
  { files: ["*.js", "*.ts"], ...ts.configs.disableTypeChecked },
);
