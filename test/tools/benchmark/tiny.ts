import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createRandom } from "../../../src/random/index.ts";
import { rollout } from "../../../agents/rollout.ts";
import { concatenate, setOfTrajectory, writeD4rl } from "../../../datasets/index.ts";
import { make } from "../../../envs/index.ts";
import { optimalRegulator } from "../../agents/demonstrations.ts";
import { motive } from "../command-line.ts";

/** A suite of the regulator: seconds a run. "again" goes on from the networks of "SAC". */
export function tinySuite(steps: number): object {
  const sac = { agent: "sac", evaluateEvery: steps / 4, set: { hidden: [16], batchSize: 32, randomSteps: 500, replayCapacity: 5000 } };
  return {
    name: "tiny",
    title: "A task with a known optimum",
    reference: { policy: "expert.safetensors" },
    rows: [
      {
        name: "one",
        environment: "Regulator-v0",
        variables: { count: 1, steps: { smoke: steps } },
        published: { BC: -3.25, GAIL: [-5, 0.5], expert: -2.5 },
      },
    ],
    columns: [
      { name: "BC", run: { agent: "bc", steps: "{steps}", demos: "demos.hdf5", set: { trajectories: "{count}" } } },
      { name: "GAIL" },
      { name: "SAC", run: { ...sac, steps: "{steps}" } },
      { name: "again", run: { ...sac, steps: steps / 2, networks: { run: "SAC" }, setting: "continued" } },
    ],
  };
}

/** Writes a suite of the regulator with what it needs: demonstrations by the best policy, and a policy to compare with. */
export async function writeTinySuite(folder: string, steps: number): Promise<string> {
  const environment = await make("Regulator-v0");
  const trajectories = [];
  const random = createRandom(8);
  for (let seed = 0; seed < 2; seed++)
    trajectories.push(await rollout(environment, optimalRegulator(0.1), { mode: "sample", random, seed }));
  environment.close();
  writeD4rl(join(folder, "demos.hdf5"), concatenate(trajectories.map((one) => setOfTrajectory(one, "Regulator-v0"))));
  const words = ["train", "bc", "Regulator-v0", "--preset", "smoke", "--demos", "demos.hdf5", "--evaluate-every", "0", "--out", "bc"];
  const trained = motive(folder, ...words);
  if (trained.code !== 0) throw new Error(trained.stderr);
  const exported = motive(folder, "export", "bc", "--safetensors", "expert.safetensors");
  if (exported.code !== 0) throw new Error(exported.stderr);
  const file = join(folder, "tiny.json");
  writeFileSync(file, JSON.stringify(tinySuite(steps)));
  return file;
}
