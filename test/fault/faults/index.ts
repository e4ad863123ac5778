import type { Fault } from '../harness/types.ts'
import { clientStall } from './client-stall.ts'
import { clockJump } from './clock-jump.ts'
import { controlKill } from './control-kill.ts'
import { descriptors } from './descriptors.ts'
import { diskFull } from './disk-full.ts'
import { idle } from './idle.ts'
import { memoryLimit } from './memory-limit.ts'
import { noisy } from './noisy.ts'
import { reloadStorm } from './reload-storm.ts'
import { reloads } from './reloads.ts'
import { rolling } from './rolling.ts'
import { soak } from './soak.ts'
import { storeCorrupt } from './store-corrupt.ts'
import { upstreamStall } from './upstream-stall.ts'
import { workerKill } from './worker-kill.ts'

/** In the order of `npm run fault -- all`. */
export const FAULTS: readonly Fault[] = [
  workerKill,
  controlKill,
  memoryLimit,
  descriptors,
  diskFull,
  storeCorrupt,
  clockJump,
  upstreamStall,
  clientStall,
  noisy,
  idle,
  reloads,
  reloadStorm,
  rolling,
  soak,
]
