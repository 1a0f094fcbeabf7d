import type { Random } from "../../src/random/index.ts";
import { gradient } from "../../src/nn/gradient.ts";
import * as op from "../../src/nn/operations.ts";
import { sizeOf, type Shape, type Tensor } from "../../src/nn/tensor.ts";

const ROWS = 4;
const COLUMNS = 3;
const shapes: readonly Shape[] = [[ROWS, COLUMNS], [ROWS, COLUMNS], [1, COLUMNS], [ROWS, 1], [COLUMNS], [], [1, 1], [COLUMNS, COLUMNS]];

/**
 * A graph of random operations whose values stay of the order of 1, with values that are used several times, operands
 * that stretch, and constants where the rewriting rules look for them; the last results are gradients of the others.
 */
export function randomGraph(random: Random, nodes: number): Tensor[] {
  const pool: Tensor[] = shapes.map((shape, i) => op.input(`x${i}`, shape));
  const pick = <T>(of: readonly T[]): T => of[random.integer(of.length)];
  const recent = (): Tensor => pick(pool.slice(-8 - random.integer(pool.length)));
  const number = (): number => pick([0, 1, -1, 0.5, 2, -0.3]);
  const like = (x: Tensor): Tensor => pick([op.constant(number(), x.shape), op.constant(number()), op.broadcast(op.constant(number()), x.shape)]);
  const matrix = (): Tensor => pick(pool.filter(({ shape }) => shape.length === 2));

  const productWith = (x: Tensor): Tensor => {
    const [rows, columns] = x.shape;
    const partners = pool.filter(({ shape }) => shape.length === 2 && (shape[0] === columns || shape[1] === columns));
    const partner = pick(partners);
    const transposeRight = partner.shape[0] !== columns || (partner.shape[1] === columns && random.uniform() < 0.5);
    const transposed = random.uniform() < 0.3 ? op.transpose(x) : undefined;
    const product = op.matmul(transposed ?? x, partner, { transposeLeft: transposed !== undefined, transposeRight });
    const bias = pick(pool.filter(({ shape }) => op.broadcastShape(product.shape, shape)?.length === 2 && fits(shape, product.shape)));
    const scaled = random.uniform() < 0.3 ? op.mul(product, pick([0.5, -2])) : product;
    return pick([
      () => scaled,
      () => op.add(scaled, bias),
      () => op.sub(scaled, bias),
      () => op.sub(bias, scaled),
      () => op.relu(op.add(scaled, bias)),
      () => op.tanh(op.add(bias, scaled)),
      () => op.mul(op.matmul(x, op.constant(1 / columns, [columns, rows])), 0.5),
    ])();
  };
  const fits = (small: Shape, shape: Shape): boolean => {
    const stretched = op.broadcastShape(small, shape);
    return stretched !== undefined && stretched.length === shape.length && stretched.every((size, i) => size === shape[i]);
  };

  const makers: (() => Tensor)[] = [
    () => pick([op.tanh, op.sigmoid, op.relu, op.silu, op.softplus, op.logCosh, op.abs, op.neg, op.positive, op.stopGradient])(recent()),
    () => op.exp(op.neg(op.softplus(recent()))),
    () => op.log(op.add(op.square(recent()), 1)),
    () => op.sqrt(op.add(op.square(recent()), 0.5)),
    () => op.clip(recent(), -0.8, 0.9),
    () => op.within(recent(), -0.4, 0.6),
    () => {
      const x = recent();
      const partners = [...pool.filter(({ shape }) => op.broadcastShape(shape, x.shape) !== undefined), like(x), op.neg(x)];
      const [a, b] = random.uniform() < 0.5 ? [x, pick(partners)] : [pick(partners), x];
      return pick([op.add, op.sub, op.mul, op.minimum, op.maximum, op.lessEqual])(a, b);
    },
    () => {
      const x = recent();
      const partner = pick(pool.filter(({ shape }) => op.broadcastShape(shape, x.shape) !== undefined));
      return op.div(x, op.add(op.abs(partner), 0.7));
    },
    () => op.mul(op.mul(recent(), number()), number()),
    () => {
      const x = recent();
      const shape = pick(shapes.filter((candidate) => fits(x.shape, candidate)).concat([x.shape]));
      return pick([op.add, op.mul, op.sub, op.div])(
        op.broadcast(x, shape),
        pick([() => op.broadcast(x, shape), () => op.constant(0.5, shape), () => op.add(op.broadcast(op.square(x), shape), 1)])(),
      );
    },
    () => {
      const x = recent();
      return op.mul(op.sumKeep(x, x.shape.map((_, axis) => axis).filter(() => random.uniform() < 0.6)), 0.4);
    },
    () => op.transpose(matrix()),
    () => productWith(matrix()),
    () => productWith(matrix()),
    () => {
      const x = matrix();
      return op.reshape(x, pick([[sizeOf(x.shape)], [x.shape[1], x.shape[0]], [1, sizeOf(x.shape)]]));
    },
    () => {
      const x = matrix();
      const axis = random.integer(2);
      const partner = pick(pool.filter(({ shape }) => shape.length === 2 && shape[1 - axis] === x.shape[1 - axis]));
      return op.concat([x, partner], axis);
    },
    () => {
      const x = pick(pool.filter(({ shape }) => shape.some((size) => size > 1)));
      const axis = pick([...x.shape.keys()].filter((i) => x.shape[i] > 1));
      const start = random.integer(x.shape[axis] - 1);
      return op.slice(x, axis, start, start + 1 + random.integer(x.shape[axis] - start));
    },
  ];
  for (let i = 0; i < nodes; i++) {
    const made = pick(makers)();
    // keeps what squares and products make of large values from growing without end
    if (sizeOf(made.shape) <= 400) pool.push(random.uniform() < 0.3 ? op.tanh(made) : made);
  }
  const results = pool.slice(-6);
  const loss = results.map((x) => op.mean(op.tanh(x))).reduce((a, b) => op.add(a, b));
  return [...results, loss, ...gradient(loss, pool.slice(0, shapes.length))];
}
