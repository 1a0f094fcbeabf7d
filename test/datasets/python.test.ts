import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { pieces } from "../../datasets/dataset.ts";
import { createD4rl, readD4rl, writeD4rl } from "../../datasets/d4rl/index.ts";
import { createMinari } from "../../datasets/minari/index.ts";
import { openDataset } from "../../datasets/open.ts";
import { hopperMinari, hopperRandom, useTemporaryFiles } from "./hdf5-files.ts";
import { pythonWith, runPython } from "./python.ts";

const file = useTemporaryFiles();
const h5py = pythonWith("h5py");
const minari = pythonWith("minari");

async function convert(input: string, output: string): Promise<void> {
  const dataset = await openDataset(input);
  const seeds = dataset.episodes.map(({ seed }) => seed ?? 0);
  const writer = output.endsWith(".hdf5")
    ? createD4rl(output, { ...dataset, episodeSeeds: seeds })
    : createMinari(output, dataset);
  for (const piece of pieces(dataset, 50_000)) writer.append(piece);
  writer.commit();
  dataset.close();
}

/** Compares the content of two files, dataset by dataset: type, shape and bytes. Prints what differs. */
const compare = `
import h5py, json, sys
def content(path):
    found = {}
    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            value = item[()]
            found[name] = [str(item.dtype), list(item.shape), value.tobytes().hex() if hasattr(value, "tobytes") else str(value)]
    h5py.File(path, "r").visititems(visit)
    return found
first, second = content(sys.argv[1]), content(sys.argv[2])
print(json.dumps([len(first), sorted(set(first) ^ set(second)), [name for name in first if name in second and first[name] != second[name]]]))`;

describe.skipIf(h5py === undefined)("files of ours in h5py [needs Python with h5py]", () => {
  it("hold the numbers of the file that was copied, compressed or not", async () => {
    writeD4rl(file("copy.hdf5"), await readD4rl(hopperRandom));
    expect(runPython(h5py!, compare, hopperRandom, file("copy.hdf5"))).toEqual([21, [], []]);
  });

  it("are as they were after a conversion to Minari and back, but for arrays in the metadata", async () => {
    await convert(hopperRandom, file("there-v0"));
    await convert(file("there-v0"), file("back.hdf5"));
    const weights = ["fc0", "fc1", "last_fc", "last_fc_log_std"].flatMap((layer) =>
      ["bias", "weight"].map((name) => `metadata/policy/${layer}/${name}`),
    );
    expect(runPython(h5py!, compare, hopperRandom, file("back.hdf5"))).toEqual([
      21,
      ["metadata/episode_seeds", ...weights],
      [],
    ]);
  });

  it("are as they were after a conversion from Minari and back", async () => {
    await convert(hopperMinari, file("there.hdf5"));
    await convert(file("there.hdf5"), file("back-v0"));
    const [original, back] = [hopperMinari, file("back-v0")].map((path) => join(path, "data/main_data.hdf5"));
    expect(runPython(h5py!, compare, original, back)).toEqual([100, [], []]);
  });
});

describe.skipIf(h5py === undefined)("files of h5py's [needs Python with h5py]", () => {
  it("are read in either byte order, in columns that grew, with texts and flags as h5py has them", async () => {
    const program = `
import h5py, json, numpy, sys
with h5py.File(sys.argv[1], "w") as file:
    file["observations"] = numpy.array([[1, 2], [3, 4]], ">f4")
    file["next_observations"] = numpy.array([[3, 4], [5, 6]], ">f4")
    file["actions"] = numpy.array([[0.5], [-2]], ">f8")
    rewards = file.create_dataset("rewards", (1, 1), "f8", maxshape=(None, 1), chunks=(1, 1), compression="gzip", shuffle=True, fletcher32=True)
    rewards.resize(2, 0)
    rewards[:] = [[0.25], [7]]
    file["terminals"] = numpy.array([False, True])
    file["timeouts"] = numpy.array([[0], [0]], "i1")
    file["infos/goal"] = ["left", "right"]
    file["metadata/algorithm"] = "SAC"
    file["metadata/serial"] = numpy.int64(5)
    file["metadata/rate"] = numpy.float32(0.5)
    file["metadata/sizes"] = numpy.array([256, 256])
print("null")`;
    runPython(h5py!, program, file("h5py.hdf5"));
    const dataset = await openDataset(file("h5py.hdf5"));
    const set = dataset.read(0, 2);
    dataset.close();
    expect(set).toMatchObject({
      observations: Float32Array.of(1, 2, 3, 4),
      nextObservations: Float32Array.of(3, 4, 5, 6),
      actions: Float64Array.of(0.5, -2),
      rewards: Float64Array.of(0.25, 7),
      infos: {},
      episodes: [{ start: 0, end: 2, terminated: true, truncated: false }],
      metadata: {
        algorithm: "SAC",
        serial: 5,
        rate: 0.5,
        sizes: { shape: [2], values: BigInt64Array.of(256n, 256n) },
      },
    });
    expect(dataset.notes).toEqual(['"infos/goal" is string: left out']);
  });
});

describe.skipIf(minari === undefined)("datasets of ours in Minari [needs Python with minari]", () => {
  it("load, iterate and take another episode", async () => {
    await convert(hopperMinari, file("copy-v0"));
    const program = `
import json, os, sys
os.environ["MINARI_DATASETS_PATH"] = sys.argv[1]
import minari, numpy
from minari.data_collector import EpisodeBuffer
from minari.dataset.minari_dataset import MinariDataset
ours, theirs = minari.load_dataset("copy-v0"), MinariDataset(sys.argv[2])
columns = ["observations", "actions", "rewards", "terminations", "truncations"]
same = [
    getattr(a, key).dtype == getattr(b, key).dtype and getattr(a, key).tobytes() == getattr(b, key).tobytes()
    for a, b in zip(ours, theirs) for key in columns
]
seeds = [entry["seed"] for entry in ours.storage.get_episode_metadata(range(20))]
listed = list(minari.list_local_datasets())
last = ours[19]
ours.update_dataset_from_buffer([EpisodeBuffer(observations=last.observations, actions=last.actions, rewards=last.rewards, terminations=last.terminations, truncations=last.truncations)])
again = minari.load_dataset("copy-v0")
print(json.dumps([len(same), all(same), seeds, listed, again.total_episodes, again.total_steps, bool(numpy.array_equal(again[20].rewards, last.rewards)), again.env_spec.id, str(again.action_space)]))`;
    expect(runPython(minari!, program, file(""), join(hopperMinari, "data"))).toEqual([
      100,
      true,
      Array.from({ length: 20 }, (_, i) => 123 + i),
      ["copy-v0"],
      21,
      545,
      true,
      "Hopper-v5",
      "Box(-1.0, 1.0, (3,), float32)",
    ]);
    // What Minari appended to our file is read by us.
    const dataset = await openDataset(file("copy-v0"));
    const set = dataset.read(0, dataset.size);
    dataset.close();
    expect(set.episodes).toHaveLength(21);
    expect(set.rewards.slice(519)).toEqual(set.rewards.slice(493, 519));
  });
});
