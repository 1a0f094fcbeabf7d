import type { Arrays, Graph } from "./executor.ts";
import { onnxExecutor } from "./onnx/executor.ts";
import { describe, sizeOf, topologicalOrder, type Tensor } from "./tensor.ts";

const finite = (values: Float32Array | undefined): boolean => values === undefined || values.every(Number.isFinite);

/**
 * Finds where a value that is not finite came from, by running the graph once more with every node as an output.
 * @returns an error whose message names the first such node and its inputs
 */
export async function blameNonFinite(graph: Graph, inputs: Arrays, output: string): Promise<Error> {
  const start = `${graph.name}: "${output}" is not finite; `;
  for (const [name, values] of Object.entries(inputs)) {
    if (!finite(values)) return new Error(`${start}the input "${name}" already holds a value that is not finite`);
  }
  const nodes = topologicalOrder(graph.outputs.map(({ tensor }) => tensor)).filter(
    ({ operation }) => operation !== "input" && operation !== "constant",
  );
  const values = await evaluate(graph, nodes, inputs);
  const culprit = nodes.find((x) => !finite(values.get(x)));
  if (culprit === undefined) return new Error(`${start}the fault did not occur again when the nodes were inspected`);
  const operands = culprit.inputs.map((x) => {
    const operand = values.get(x) ?? inputs[x.attributes.name ?? ""];
    if (operand === undefined) return describe(x);
    const [low, high] = operand.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]);
    return `${describe(x)} in [${low}, ${high}]`;
  });
  return new Error(`${start}the first such value is in ${describe(culprit)} of ${operands.join(" and ")}`);
}

async function evaluate(graph: Graph, nodes: readonly Tensor[], inputs: Arrays): Promise<Map<Tensor, Float32Array>> {
  const executable = await onnxExecutor.prepare({
    ...graph,
    outputs: nodes.map((tensor, i) => ({ name: `inspected ${i}`, tensor })),
  });
  const arrays = nodes.map(({ shape }) => new Float32Array(sizeOf(shape)));
  await executable.run(inputs, Object.fromEntries(arrays.map((array, i) => [`inspected ${i}`, array])));
  await executable.dispose();
  return new Map(nodes.map((tensor, i) => [tensor, arrays[i]]));
}
