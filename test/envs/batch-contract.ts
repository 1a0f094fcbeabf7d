import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { environmentSpec, make, type Batch, type BatchOptions, type Info } from "../../envs/index.ts";
import { createRandom } from "../../src/random/index.ts";
import type { Snapshot } from "../../src/runs/snapshot.ts";

export type MakeBatch = (id: string, options: BatchOptions) => Promise<Batch>;

/** A user's mistake, whether its class is that of the sources or that of the build. */
export const mistake = (message: string) =>
  expect.objectContaining({ name: "UserError", message: expect.stringContaining(message) as string }) as Error;

/** What a batch hands out at one step, as plain numbers. */
interface Moment {
  readonly observations: number[];
  readonly nextObservations: number[];
  readonly rewards: number[];
  readonly terminated: number[];
  readonly truncated: number[];
  readonly info: Record<string, number[]>;
  readonly resetInfo: Record<string, number[]>;
}

/** [steps][size × A]: uniform within the action space, like those of {@link traceByHand}. */
function actionsOf(id: string, low: Float64Array, high: Float64Array, size: number, steps: number): Float64Array[] {
  const random = createRandom(17).split(id);
  return Array.from({ length: steps }, () =>
    Float64Array.from({ length: size * low.length }, (_, k) => {
      const j = k % low.length;
      return low[j] + (high[j] - low[j]) * random.uniform();
    }),
  );
}

const plain = (columns: Readonly<Record<string, ArrayLike<number>>>): Record<string, number[]> =>
  Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, Array.from(column)]));

/** What follows from where a batch is, under actions that are the same at every call. */
export function trace(batch: Batch, steps: number): Moment[] {
  const { spec, actionSpace, size } = batch;
  return actionsOf(spec.id, actionSpace.low, actionSpace.high, size, steps).map((actions) => {
    const { observations, nextObservations, rewards, terminated, truncated, info } = batch.step(actions);
    return {
      observations: [...observations],
      nextObservations: [...nextObservations],
      rewards: [...rewards],
      terminated: [...terminated],
      truncated: [...truncated],
      info: plain(info),
      resetInfo: plain(batch.resetInfo),
    };
  });
}

/** The same of single environments, each stepped and reset by itself. */
export async function traceByHand(id: string, options: BatchOptions, steps: number): Promise<Moment[]> {
  const { size, seed = 0 } = options;
  const environments = await Promise.all(Array.from({ length: size }, () => make(id, options.options)));
  const { low, high } = environments[0].actionSpace;
  const resetInfos = environments.map((environment, i) => environment.reset({ seed: seed + i }).info);
  const columns = (infos: readonly Info[]) =>
    Object.fromEntries(Object.keys(infos[0]).map((name) => [name, infos.map((info) => info[name])]));
  const moments = actionsOf(id, low, high, size, steps).map((actions) => {
    const results = environments.map((environment, i) =>
      environment.step(actions.subarray(i * low.length, (i + 1) * low.length)),
    );
    const observations = results.map(({ observation, terminated, truncated }, i) => {
      if (!terminated && !truncated) return observation;
      const start = environments[i].reset();
      resetInfos[i] = start.info;
      return start.observation;
    });
    return {
      observations: observations.flatMap((row) => [...row]),
      nextObservations: results.flatMap(({ observation }) => [...observation]),
      rewards: results.map(({ reward }) => reward),
      terminated: results.map(({ terminated }) => Number(terminated)),
      truncated: results.map(({ truncated }) => Number(truncated)),
      info: columns(results.map(({ info }) => info)),
      resetInfo: columns(resetInfos),
    };
  });
  for (const environment of environments) environment.close();
  return moments;
}

/** As a checkpoint on disk would hand it back. */
const stored = ({ arrays, values }: Snapshot): Snapshot => ({
  arrays: Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array.slice()])),
  values: JSON.parse(JSON.stringify(values)) as Snapshot["values"],
});

/** What every batch does, however many threads step it. */
export function describeBatch(makeBatch: MakeBatch, workers: number, ids: readonly string[]): void {
  it.each(ids)("gives what single environments give: %s", async (id) => {
    const given = { size: 4, seed: 30, options: { max_episode_steps: 15 } };
    const batch = await makeBatch(id, { ...given, workers });
    expect(batch).toMatchObject({ size: 4, workers });
    expect(batch.spec).toEqual({ ...environmentSpec(id), maxEpisodeSteps: 15, options: batch.spec.options });
    const steps = id === "Hopper-v5" ? 400 : 100;
    const expected = await traceByHand(id, given, steps);
    // With equality of the last bit, and of the names of the info's terms.
    expect(trace(batch, steps)).toEqual(expected);
    expect(expected.some(({ truncated }) => truncated.includes(1))).toBe(true);
    batch.close();
  });

  // Short enough for resets by time beside those by falls.
  const options = { max_episode_steps: 40 };

  describe("of Hopper-v5", () => {
    const id = "Hopper-v5";
    let batch: Batch;
    beforeAll(async () => {
      batch = await makeBatch(id, { size: 3, workers, options });
    });
    afterAll(() => batch.close());

    it("hands over the last observation of an episode and the first of the next", () => {
      batch.reset({ seed: 2 });
      const ends = trace(batch, 200).flatMap(({ observations, nextObservations, terminated, info, resetInfo }) =>
        terminated.flatMap((flag, i) => {
          if (flag === 0) return [];
          const [height, pitch] = nextObservations.slice(11 * i);
          const [newHeight, newPitch] = observations.slice(11 * i);
          return [
            {
              fallen: height < 0.7 || Math.abs(pitch) > 0.2,
              standing: Math.abs(newHeight - 1.25) < 0.006 && Math.abs(newPitch) < 0.006,
              infoIsOfTheFall: info.z_distance_from_origin[i] === height - 1.25,
              resetInfoIsOfTheStart: resetInfo.z_distance_from_origin[i] === newHeight - 1.25,
            },
          ];
        }),
      );
      expect(ends.length).toBeGreaterThan(10);
      const whole = { fallen: true, standing: true, infoIsOfTheFall: true, resetInfoIsOfTheStart: true };
      expect(ends).toEqual(ends.map(() => whole));
    });

    it("starts over from a seed, and without one goes on drawing", async () => {
      const starts = (given?: { seed: number }) => {
        const { observations, info } = batch.reset(given);
        return [...observations, ...info.x_position];
      };
      const first = starts({ seed: 5 });
      const second = starts();
      expect(second).not.toEqual(first);
      expect(starts({ seed: 5 })).toEqual(first);
      expect(starts()).toEqual(second);
      // Member i + 1 of a batch is member i of the batch that is seeded with one more.
      expect([...batch.reset({ seed: 6 }).observations.subarray(0, 22)]).toEqual(first.slice(11, 33));
      const before = batch.save();
      expect(() => batch.reset({ seed: 0.5 })).toThrow("a seed must be an integer");
      expect(() => batch.reset({ seed: Number.MAX_SAFE_INTEGER })).toThrow("a seed must be an integer");
      expect(batch.save()).toEqual(before);
      await expect(makeBatch(id, { size: 3, workers, seed: NaN })).rejects.toThrow("a seed must be an integer");
    });

    it("takes actions in float32, and what lies outside of the action space, as they are", () => {
      const actions = Float32Array.from({ length: 9 }, (_, i) => 0.3 * i - 1.3);
      batch.reset({ seed: 1 });
      const single = [...batch.step(actions).nextObservations, ...batch.step(actions).rewards];
      batch.reset({ seed: 1 });
      const double = Float64Array.from(actions);
      expect([...batch.step(double).nextObservations, ...batch.step(double).rewards]).toEqual(single);
    });

    it("refuses actions that are not numbers, or not as many, and keeps all members as they were", () => {
      batch.reset({ seed: 4 });
      trace(batch, 7);
      const before = batch.save();
      const actions = new Float64Array(9);
      expect(() => batch.step(actions.with(5, NaN))).toThrow(
        mistake("Hopper-v5: the action of member 1 must be finite numbers, element 2 is NaN"),
      );
      expect(() => batch.step(actions.with(6, -Infinity))).toThrow(mistake("member 2"));
      expect(() => batch.step(actions.subarray(1))).toThrow(mistake("the actions have 8 numbers, 3 × 3 expected"));
      expect(batch.save()).toEqual(before);
      batch.step(actions);
    });

    it("places a member, and no other", async () => {
      const alone = await make(id, options);
      const [qpos, qvel] = [[1, 1.3, 0.1, -0.2, -0.3, 0.1], [0.5, 0, 0.1, 0, 0, 0]];
      batch.reset({ seed: 3 });
      const before = [...batch.observations];
      const others = batch.qpos(0);
      expect(batch.setState(1, qpos, qvel)).toEqual(alone.setState(qpos, qvel));
      expect([...batch.observations]).toEqual([...before.slice(0, 11), ...alone.setState(qpos, qvel), ...before.slice(22)]);
      expect([...batch.qpos(1)]).toEqual(qpos);
      expect([...batch.qvel(1)]).toEqual(qvel);
      expect(batch.qpos(0)).toEqual(others);
      expect([...batch.resetInfo.x_position].map(Number.isNaN)).toEqual([false, true, false]);
      const step = batch.step(new Float64Array(9));
      expect([...step.nextObservations.subarray(11, 22)]).toEqual([...alone.step([0, 0, 0]).observation]);
      const saved = batch.save();
      expect(() => batch.setState(1, qpos, [NaN, 0, 0, 0, 0, 0])).toThrow(mistake("member 1 of the batch: Hopper-v5: qvel"));
      for (const member of [3, -1, 0.5]) {
        expect(() => batch.qpos(member)).toThrow(mistake(`has members 0 to 2, there is no member ${member}`));
        expect(() => batch.setState(member, qpos, qvel)).toThrow(mistake(`no member ${member}`));
      }
      expect(batch.save()).toEqual(saved);
      alone.close();
    });

    it("says which simulation became unstable, and goes on only from a reset or a saved state", () => {
      batch.reset({ seed: 8 });
      const saved = batch.save();
      const actions = new Float64Array(9);
      const expected = trace(batch, 20);
      const breakMembers = (...members: number[]) => {
        batch.reset({ seed: 8 });
        for (const member of members) batch.setState(member, [0, 1.25, 0, 0, 0, 0], [0, 0, 1e11, 0, 0, 0]);
        return () => batch.step(actions);
      };
      const message = (member: number) => `member ${member} of the batch: Hopper-v5: the simulation became unstable`;
      expect(breakMembers(2)).toThrow(message(2));
      expect(() => batch.step(actions)).toThrow(`Hopper-v5: call reset() or restore() first: ${message(2)}`);
      expect(() => batch.save()).toThrow("call reset() or restore() first");
      expect(() => batch.setState(2, [], [])).toThrow("call reset() or restore() first");
      batch.restore(saved);
      expect(trace(batch, 20)).toEqual(expected);
      expect(breakMembers(2, 1)).toThrow(message(1));
      batch.reset({ seed: 8 });
      expect(trace(batch, 20)).toEqual(expected);
    });

    it("keeps the draws of the members beside an unstable one", () => {
      // Member 0 breaks in the step in which the time limit resets the others: their next episode is their third.
      const start = (): void => {
        batch.reset({ seed: 8 });
        const upright = [0, 1.25, 0, 0, 0, 0];
        for (let t = 0; t < 39; t++) {
          for (let i = 0; i < 3; i++) if (t === 0) batch.setState(i, upright, [0, 0, 0, 0, 0, 0]);
          batch.step(new Float64Array(9));
        }
      };
      start();
      expect([...batch.step(new Float64Array(9)).truncated]).toEqual([1, 1, 1]);
      const expected = [...batch.reset().observations.subarray(11)];
      start();
      batch.setState(0, [0, 1.25, 0, 0, 0, 0], [0, 0, 1e11, 0, 0, 0]);
      expect(() => batch.step(new Float64Array(9))).toThrow("member 0");
      expect([...batch.reset().observations.subarray(11)]).toEqual(expected);
    });

    it("refuses a state that is not its own, and stays as it was", async () => {
      batch.reset({ seed: 9 });
      const { arrays, values } = batch.save();
      // From here on, members whose part is sound would differ if they took it.
      trace(batch, 11);
      const before = batch.save();
      const changed = (name: string, value: (typeof arrays)[string] | undefined): Snapshot => {
        const others = Object.entries(arrays).filter(([other]) => other !== name);
        return { arrays: Object.fromEntries(value ? [...others, [name, value]] : others), values };
      };
      const pair = await makeBatch(id, { size: 2, workers: 0 });
      expect(() => batch.restore(pair.save())).toThrow("a batch of 3 cannot continue from a state of 2 members");
      pair.close();
      expect(() => batch.restore(changed("batch/observations", undefined))).toThrow('no array "observations"');
      expect(() => batch.restore(changed("member1/physics", undefined))).toThrow("member 1 of the batch: Hopper-v5: ");
      expect(() => batch.restore(changed("member2/physics", arrays["member2/physics"].slice(1)))).toThrow("member 2");
      expect(() => batch.restore({ arrays, values: { ...values, "member2/id": "Cart-v0" } })).toThrow("Cart-v0");
      expect(() => batch.restore({ arrays: {}, values: {} })).toThrow('no part "batch"');
      expect(batch.save()).toEqual(before);
    });

    it("hands out the same arrays at every step", () => {
      const { observations, info } = batch.reset();
      const first = batch.step(new Float64Array(9));
      const second = batch.step(new Float64Array(9));
      expect(second).toBe(first);
      expect(second.observations).toBe(observations);
      expect(batch.observations).toBe(observations);
      expect(batch.resetInfo).toBe(info);
    });

    it("does nothing after close", async () => {
      const closed = await makeBatch(id, { size: 2, workers: Math.min(workers, 2) });
      const saved = closed.save();
      closed.close();
      closed.close();
      const uses = [
        () => closed.step(new Float64Array(6)),
        () => closed.reset(),
        () => closed.save(),
        () => closed.restore(saved),
        () => closed.qpos(0),
        () => closed.qvel(0),
        () => closed.setState(0, [], []),
      ];
      for (const use of uses) expect(use).toThrow(`${id}: the batch is closed`);
    });

    it("says what is wrong with what it is made from", async () => {
      const size = 2;
      await expect(makeBatch("Hopper-v6", { size, workers })).rejects.toEqual(mistake('no environment "Hopper-v6"'));
      await expect(makeBatch(id, { size, workers, options: { helthy_reward: 1 } })).rejects.toEqual(
        mistake('Hopper-v5 has no option "helthy_reward"'),
      );
      for (const wrong of [0, -1, 1.5, NaN, Infinity]) {
        await expect(makeBatch(id, { size: wrong, workers })).rejects.toEqual(
          mistake(`Hopper-v5: the size of a batch must be an integer of at least 1, got ${wrong}`),
        );
      }
      for (const wrong of [-1, 1.5, NaN]) {
        await expect(makeBatch(id, { size, workers: wrong })).rejects.toEqual(
          mistake(`Hopper-v5: the number of a batch's workers must be an integer of at least 0, got ${wrong}`),
        );
      }
    });
  });

  it("continues from a saved state in mid-episode, which another number of workers may have left", async () => {
    for (const id of ["Hopper-v5", "Regulator-v0"]) {
      const original = await makeBatch(id, { size: 4, workers, seed: 12, options });
      trace(original, 50);
      const saved = stored(original.save());
      const observations = [...original.observations];
      const resetInfo = plain(original.resetInfo);
      const expected = trace(original, 120);
      original.restore(saved);
      expect(trace(original, 120)).toEqual(expected);
      original.close();
      const inThisThread = await makeBatch(id, { size: 4, workers: 0, options });
      inThisThread.restore(saved);
      expect([...inThisThread.observations]).toEqual(observations);
      expect(plain(inThisThread.resetInfo)).toEqual(resetInfo);
      expect(trace(inThisThread, 120)).toEqual(expected);
      inThisThread.close();
    }
  });
}
