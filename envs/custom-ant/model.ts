import { antMjcf, type AntLeg } from "../ant/model.ts";

/** Eyes, pupils and eyebrows, which have mass; they look towards −y. */
const FACE = `
      <geom type="capsule" size="0.03" fromto="0.07 0 0.1 0.07 -0.21 0.1" rgba="1 1 1 1"/>
      <geom type="capsule" size="0.02" fromto="0.07 0 0.1 0.07 -0.23 0.1" rgba="0 0 0 1"/>
      <geom type="capsule" size="0.03" fromto="-0.07 0 0.1 -0.07 -0.21 0.1" rgba="1 1 1 1"/>
      <geom type="capsule" size="0.02" fromto="-0.07 0 0.1 -0.07 -0.23 0.1" rgba="0 0 0 1"/>
      <geom type="capsule" size="0.02" fromto="0.04 -0.21 0.17 0.1 -0.21 0.2" rgba="0 0 0 1"/>
      <geom type="capsule" size="0.02" fromto="-0.04 -0.21 0.17 -0.1 -0.21 0.2" rgba="0 0 0 1"/>`;

const able: AntLeg = { reach: 0.2, gear: 30 };
const disabled: AntLeg = { reach: 0.1, gear: 1 };

const model = (name: string, legs: readonly AntLeg[]): string =>
  antMjcf({ name, friction: 1.5, ornaments: FACE, legs });

/**
 * The two ants of the transfer study of Fu, Luo and Levine (AIRL, 2018): an ant of weaker motors and better grip than
 * Gymnasium's, and the same with legs 3 and 4 of half the length and motors of almost no force. In the public models
 * the actions of the disabled ant have another order; here both have that of Gymnasium's Ant, so that an action means
 * the same joint in both.
 */
export const CUSTOM_ANT_MJCF = model("custom_ant", [able, able, able, able]);
export const DISABLED_ANT_MJCF = model("disabled_ant", [able, able, disabled, disabled]);
