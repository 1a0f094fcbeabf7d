import { u16, u64, undefinedAddress } from "./format.ts";

/** Children of a B-tree node and links of a leaf, as files without a superblock extension have them. */
const treeWidth = 32;
const leafWidth = 8;

const zeros = (length: number): Buffer => Buffer.alloc(Math.max(0, length));

/** A node and the heap offset of the largest name below it. */
interface Node {
  readonly address: number;
  readonly last: number;
}

function* groupsOf<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

/**
 * Indexes the links of a large group: a local heap with the names, leaves with the links in the names' byte order, a
 * B-tree of version 1 over them. (In a header, as small groups have them, each look-up would pass through all links.)
 *
 * @param place appends bytes to the file and returns their address
 * @returns addresses of the tree's root and of the heap
 */
export function placeLinkIndex(
  links: ReadonlyMap<string, number>,
  place: (bytes: Buffer) => number,
): { readonly tree: number; readonly heap: number } {
  const sorted = [...links]
    .map(([name, address]) => ({ bytes: Buffer.from(`${name}\0`, "utf8"), address }))
    .sort((a, b) => Buffer.compare(a.bytes, b.bytes));

  // The heap begins with an empty name, which is smaller than all others.
  let offset = 8;
  const entries = sorted.map(({ bytes, address }) => {
    const entry = { name: offset, address };
    offset += Math.ceil(bytes.length / 8) * 8;
    return entry;
  });
  const names = Buffer.alloc(offset);
  entries.forEach(({ name }, i) => sorted[i].bytes.copy(names, name));
  // Version 0; the list of free blocks is empty, which is written as 1.
  const heap = place(Buffer.concat([Buffer.from("HEAP"), zeros(4), u64(offset), u64(1), u64(place(names))]));

  let nodes: Node[] = [...groupsOf(entries, leafWidth)].map((leaf) => {
    const rows = leaf.flatMap(({ name, address }) => [u64(name), u64(address), zeros(24)]);
    const head = Buffer.concat([Buffer.from("SNOD"), Buffer.from([1, 0]), u16(leaf.length)]);
    const padding = zeros((leafWidth - leaf.length) * 40);
    return { address: place(Buffer.concat([head, ...rows, padding])), last: leaf[leaf.length - 1].name };
  });
  // Built upwards; the largest name left of a node is the key before it.
  for (let level = 0; level === 0 || nodes.length > 1; level++) {
    let before = 0;
    const parents = [...groupsOf(nodes, treeWidth)];
    const length = 24 + (2 * treeWidth + 1) * 8;
    const first = place(zeros(0));
    nodes = parents.map((children, i) => {
      const left = i === 0 ? undefinedAddress : first + (i - 1) * length;
      const right = i === parents.length - 1 ? undefinedAddress : first + (i + 1) * length;
      const head = Buffer.concat([Buffer.from("TREE"), Buffer.from([0, level]), u16(children.length)]);
      const body = children.flatMap(({ address, last }) => [u64(address), u64(last)]);
      const bytes = Buffer.concat([head, u64(left), u64(right), u64(before), ...body]);
      before = children[children.length - 1].last;
      return { address: place(Buffer.concat([bytes, zeros(length - bytes.length)])), last: before };
    });
  }
  return { tree: nodes[0].address, heap };
}
