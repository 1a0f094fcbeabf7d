/**
 * The humanoid of Tassa, Erez and Todorov (2012) as Gymnasium simulates it: torso, waist and pelvis, two legs and two
 * arms, 17 motors. Positions are the torso's [x, y, z] in metres and its quaternion [w, x, y, z], then 17 joint angles
 * in radians in the order below. Its sides are not mirror images: the armature of the hips' y axes and the stiffness of
 * the knees differ. The tendons exert no force; their lengths are reported.
 */
export const HUMANOID_MJCF = `
<mujoco model="humanoid">
  <compiler angle="degree" inertiafromgeom="true"/>
  <option timestep="0.003" integrator="RK4" solver="PGS" iterations="50"/>
  <size memory="256K"/>
  <default>
    <joint armature="1" damping="1" limited="true"/>
    <geom conaffinity="1" condim="1" contype="1" margin="0.001" rgba="0.8 0.6 0.4 1"/>
    <motor ctrllimited="true" ctrlrange="-0.4 0.4"/>
  </default>
  <worldbody>
    <geom name="floor" type="plane" size="20 20 0.125" condim="3" friction="1 0.1 0.1" rgba="0.8 0.9 0.8 1"/>
    <body name="torso" pos="0 0 1.4">
      <freejoint name="root"/>
      <geom name="torso" type="capsule" size="0.07" fromto="0 -0.07 0 0 0.07 0"/>
      <geom name="head" type="sphere" size="0.09" pos="0 0 0.19"/>
      <geom name="upper_waist" type="capsule" size="0.06" fromto="-0.01 -0.06 -0.12 -0.01 0.06 -0.12"/>
      <body name="lower_waist" pos="-0.01 0 -0.26" quat="1 0 -0.002 0">
        <joint name="abdomen_z" axis="0 0 1" pos="0 0 0.065" range="-45 45" armature="0.02" damping="5"
               stiffness="20"/>
        <joint name="abdomen_y" axis="0 1 0" pos="0 0 0.065" range="-75 30" armature="0.02" damping="5"
               stiffness="10"/>
        <geom name="lower_waist" type="capsule" size="0.06" fromto="0 -0.06 0 0 0.06 0"/>
        <body name="pelvis" pos="0 0 -0.165" quat="1 0 -0.002 0">
          <joint name="abdomen_x" axis="1 0 0" pos="0 0 0.1" range="-35 35" armature="0.02" damping="5"
                 stiffness="10"/>
          <geom name="pelvis" type="capsule" size="0.09" fromto="-0.02 -0.07 0 -0.02 0.07 0"/>
          <body name="right_thigh" pos="0 -0.1 -0.04">
            <joint name="right_hip_x" axis="1 0 0" range="-25 5" armature="0.01" damping="5" stiffness="10"/>
            <joint name="right_hip_z" axis="0 0 1" range="-60 35" armature="0.01" damping="5" stiffness="10"/>
            <joint name="right_hip_y" axis="0 1 0" range="-110 20" armature="0.008" damping="5" stiffness="20"/>
            <geom name="right_thigh" type="capsule" size="0.06" fromto="0 0 0 0 0.01 -0.34"/>
            <body name="right_shin" pos="0 0.01 -0.403">
              <joint name="right_knee" axis="0 -1 0" pos="0 0 0.02" range="-160 -2" armature="0.006"/>
              <geom name="right_shin" type="capsule" size="0.049" fromto="0 0 0 0 0 -0.3"/>
              <body name="right_foot" pos="0 0 -0.45">
                <geom name="right_foot" type="sphere" size="0.075" pos="0 0 0.1"/>
              </body>
            </body>
          </body>
          <body name="left_thigh" pos="0 0.1 -0.04">
            <joint name="left_hip_x" axis="-1 0 0" range="-25 5" armature="0.01" damping="5" stiffness="10"/>
            <joint name="left_hip_z" axis="0 0 -1" range="-60 35" armature="0.01" damping="5" stiffness="10"/>
            <joint name="left_hip_y" axis="0 1 0" range="-110 20" armature="0.01" damping="5" stiffness="20"/>
            <geom name="left_thigh" type="capsule" size="0.06" fromto="0 0 0 0 -0.01 -0.34"/>
            <body name="left_shin" pos="0 -0.01 -0.403">
              <joint name="left_knee" axis="0 -1 0" pos="0 0 0.02" range="-160 -2" armature="0.006" stiffness="1"/>
              <geom name="left_shin" type="capsule" size="0.049" fromto="0 0 0 0 0 -0.3"/>
              <body name="left_foot" pos="0 0 -0.45">
                <geom name="left_foot" type="sphere" size="0.075" pos="0 0 0.1"/>
              </body>
            </body>
          </body>
        </body>
      </body>
      <body name="right_upper_arm" pos="0 -0.17 0.06">
        <joint name="right_shoulder1" axis="2 1 1" range="-85 60" armature="0.0068" stiffness="1"/>
        <joint name="right_shoulder2" axis="0 -1 1" range="-85 60" armature="0.0051" stiffness="1"/>
        <geom name="right_upper_arm" type="capsule" size="0.04" fromto="0 0 0 0.16 -0.16 -0.16"/>
        <body name="right_lower_arm" pos="0.18 -0.18 -0.18">
          <joint name="right_elbow" axis="0 -1 1" range="-90 50" armature="0.0028"/>
          <geom name="right_lower_arm" type="capsule" size="0.031" fromto="0.01 0.01 0.01 0.17 0.17 0.17"/>
          <geom name="right_hand" type="sphere" size="0.04" pos="0.18 0.18 0.18"/>
        </body>
      </body>
      <body name="left_upper_arm" pos="0 0.17 0.06">
        <joint name="left_shoulder1" axis="2 -1 1" range="-60 85" armature="0.0068" stiffness="1"/>
        <joint name="left_shoulder2" axis="0 1 1" range="-60 85" armature="0.0051" stiffness="1"/>
        <geom name="left_upper_arm" type="capsule" size="0.04" fromto="0 0 0 0.16 0.16 -0.16"/>
        <body name="left_lower_arm" pos="0.18 0.18 -0.18">
          <joint name="left_elbow" axis="0 -1 -1" range="-90 50" armature="0.0028"/>
          <geom name="left_lower_arm" type="capsule" size="0.031" fromto="0.01 -0.01 0.01 0.17 -0.17 0.17"/>
          <geom name="left_hand" type="sphere" size="0.04" pos="0.18 -0.18 0.18"/>
        </body>
      </body>
    </body>
  </worldbody>
  <tendon>
    <fixed name="left_hipknee">
      <joint joint="left_hip_y" coef="-1"/>
      <joint joint="left_knee" coef="1"/>
    </fixed>
    <fixed name="right_hipknee">
      <joint joint="right_hip_y" coef="-1"/>
      <joint joint="right_knee" coef="1"/>
    </fixed>
  </tendon>
  <actuator>
    <motor name="abdomen_y" joint="abdomen_y" gear="100"/>
    <motor name="abdomen_z" joint="abdomen_z" gear="100"/>
    <motor name="abdomen_x" joint="abdomen_x" gear="100"/>
    <motor name="right_hip_x" joint="right_hip_x" gear="100"/>
    <motor name="right_hip_z" joint="right_hip_z" gear="100"/>
    <motor name="right_hip_y" joint="right_hip_y" gear="300"/>
    <motor name="right_knee" joint="right_knee" gear="200"/>
    <motor name="left_hip_x" joint="left_hip_x" gear="100"/>
    <motor name="left_hip_z" joint="left_hip_z" gear="100"/>
    <motor name="left_hip_y" joint="left_hip_y" gear="300"/>
    <motor name="left_knee" joint="left_knee" gear="200"/>
    <motor name="right_shoulder1" joint="right_shoulder1" gear="25"/>
    <motor name="right_shoulder2" joint="right_shoulder2" gear="25"/>
    <motor name="right_elbow" joint="right_elbow" gear="25"/>
    <motor name="left_shoulder1" joint="left_shoulder1" gear="25"/>
    <motor name="left_shoulder2" joint="left_shoulder2" gear="25"/>
    <motor name="left_elbow" joint="left_elbow" gear="25"/>
  </actuator>
</mujoco>
`;
