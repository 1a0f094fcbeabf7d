import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ESLint } from "eslint";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const eslint = new ESLint({ cwd: root, overrideConfigFile: join(root, "tools", "eslint.config.js") });

/** The rules that `text` breaks as the content of an existing file. */
async function broken(file: string, text: string): Promise<(string | null)[]> {
  const [{ messages }] = await eslint.lintText(text, { filePath: join(root, file) });
  return messages.map((message) => message.ruleId);
}

const uses = (name: string) => `export const value: unknown = ${name};\n`;
const imports = (path: string) => `export * from "${path}";\n`;

describe("the lint rules", () => {
  it("let imports point downwards only", async () => {
    expect(await broken("src/errors.ts", imports("../envs/index.ts"))).toContain("no-restricted-imports");
    expect(await broken("src/random/index.ts", imports("../../agents/policy.ts"))).toContain(
      "no-restricted-imports",
    );
    expect(await broken("envs/index.ts", imports("../datasets/index.ts"))).toContain("no-restricted-imports");
    expect(await broken("datasets/index.ts", imports("../agents/policy.ts"))).toContain(
      "no-restricted-imports",
    );
    expect(await broken("agents/sac/index.ts", imports("../../tools/errors.ts"))).toContain(
      "no-restricted-imports",
    );
    expect(await broken("agents/index.ts", imports("../test/tools/command-line.ts"))).toContain(
      "no-restricted-imports",
    );
    expect(await broken("agents/sac/index.ts", imports("../../envs/index.ts"))).toEqual([]);
    expect(await broken("tools/errors.ts", imports("../agents/index.ts"))).toEqual([]);
  });

  it("allow no randomness but the project's own", async () => {
    for (const file of [
      "src/errors.ts",
      "agents/index.ts",
      "tools/errors.ts",
      "test/tools/command-line.ts",
    ]) {
      expect(await broken(file, uses("Math.random()"))).toEqual(["no-restricted-properties"]);
    }
  });

  it("leave the command line, the environment and the clock to tools", async () => {
    for (const name of ["process.env", "process.argv", "Date.now()", "performance.now()"]) {
      expect(await broken("agents/index.ts", uses(name))).toEqual(["no-restricted-properties"]);
      expect(await broken("tools/errors.ts", uses(name))).toEqual([]);
    }
    expect(await broken("datasets/index.ts", uses("new Date()"))).toEqual(["no-restricted-syntax"]);
  });

  it("allow no default exports and no any", async () => {
    expect(await broken("src/errors.ts", "export default 1;\n")).toEqual(["no-restricted-syntax"]);
    expect(await broken("src/errors.ts", "export const value: any = 1;\n")).toEqual([
      "@typescript-eslint/no-explicit-any",
    ]);
  });
});
