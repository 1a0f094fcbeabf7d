import tseslint from "typescript-eslint";

/** From the top down: a layer imports from itself and from the layers after it. */
const layers = ["tools", "agents", "datasets", "envs", "src"];

const restrictedProperties = [
  { object: "Math", property: "random", message: "Draw from a seeded generator of src/random." },
];

/** The command line and the environment are read at the edge, in tools/, and nowhere else. */
const edgeProperties = [
  { object: "process", property: "env", message: "Only tools/ reads the environment; pass a value." },
  { object: "process", property: "argv", message: "Only tools/ reads the command line; pass a value." },
];

/** Results may not depend on when or how fast they were computed. */
const clockProperties = [
  { object: "Date", property: "now", message: "Results may not depend on the clock." },
  { object: "performance", property: "now", message: "Results may not depend on the clock." },
];

const defaultExport = {
  selector: "ExportDefaultDeclaration",
  message: "Export by name, so that a thing has one name everywhere.",
};

const newDate = {
  selector: "NewExpression[callee.name='Date'][arguments.length=0]",
  message: "Results may not depend on the clock.",
};

const layerRules = layers.map((layer, position) => ({
  files: [`${layer}/**/*.ts`],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: [
          ...(position === 0
            ? []
            : [
                {
                  regex: `^(\\.\\./)+(${layers.slice(0, position).join("|")})/`,
                  message: `Imports point downwards only: ${layers.join(" > ")}.`,
                },
              ]),
          { regex: "^(\\.\\./)+test/", message: "Only tests import tests." },
        ],
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ["dist/", "node_modules/", "runs/"] },
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "array-callback-return": "error",
      "default-case-last": "error",
      eqeqeq: "error",
      "for-direction": "error",
      "no-console": "error",
      "no-constant-binary-expression": "error",
      "no-constant-condition": ["error", { checkLoops: "allExceptWhileTrue" }],
      "no-constructor-return": "error",
      "no-control-regex": "error",
      "no-debugger": "error",
      "no-dupe-else-if": "error",
      "no-duplicate-case": "error",
      "no-empty": "error",
      "no-fallthrough": "error",
      "no-loss-of-precision": "error",
      "no-self-assign": "error",
      "no-self-compare": "error",
      "no-sparse-arrays": "error",
      "no-template-curly-in-string": "error",
      "no-unmodified-loop-condition": "error",
      "no-unreachable": "error",
      "no-unsafe-finally": "error",
      "no-useless-assignment": "error",
      "no-useless-escape": "error",
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
      "use-isnan": "error",
    },
  },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname + "/.." },
    },
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
      // Without noUncheckedIndexedAccess an element's type never holds undefined, so checks of it look needless.
      "@typescript-eslint/no-unnecessary-condition": "off",
      // Objects here are closures, not instances: their methods do not use `this`.
      "@typescript-eslint/unbound-method": "off",
      // It takes assertions for needless that inference depends on.
      "@typescript-eslint/no-unnecessary-type-assertion": "off",
      // An interface may be asynchronous for the sake of another implementation.
      "@typescript-eslint/require-await": "off",
      "no-restricted-properties": ["error", ...restrictedProperties],
      "no-restricted-syntax": ["error", defaultExport],
    },
  },
  {
    files: ["{src,envs,datasets,agents}/**/*.ts"],
    rules: {
      "no-restricted-properties": ["error", ...restrictedProperties, ...edgeProperties, ...clockProperties],
      "no-restricted-syntax": ["error", defaultExport, newDate],
    },
  },
  {
    // Records of a run carry the wall clock; nothing that trains reads it back. A viewer shows things in time.
    files: ["src/runs/**/*.ts", "src/viewer/**/*.ts"],
    rules: {
      "no-restricted-properties": ["error", ...restrictedProperties, ...edgeProperties],
      "no-restricted-syntax": ["error", defaultExport],
    },
  },
  ...layerRules,
  {
    files: ["test/**/*.ts"],
    rules: {
      "@typescript-eslint/no-non-null-assertion": "off",
    },
  },
  {
    files: ["**/*.config.{js,ts}"],
    rules: { "no-restricted-syntax": "off" },
  },
);
