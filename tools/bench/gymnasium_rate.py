"""Environment steps per second of Gymnasium's robots under random actions, resets included; one JSON object."""

import json
import sys
import time

import gymnasium
import numpy


def steps_per_second(name, seconds):
    environment = gymnasium.make(name)
    generator = numpy.random.default_rng(3)
    space = environment.action_space
    actions = generator.uniform(space.low, space.high, (1000, *space.shape))
    environment.reset(seed=0)
    rates = []
    for _ in range(5):
        steps = 0
        start = time.perf_counter()
        while time.perf_counter() - start < seconds / 5:
            for action in actions[:100]:
                _, _, terminated, truncated, _ = environment.step(action)
                if terminated or truncated:
                    environment.reset()
            steps += 100
        rates.append(steps / (time.perf_counter() - start))
    environment.close()
    return sorted(rates)[len(rates) // 2]


names, seconds = sys.argv[1].split(","), float(sys.argv[2])
print(json.dumps({name: steps_per_second(name, seconds) for name in names}))
