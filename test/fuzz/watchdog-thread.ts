import { parentPort, workerData } from 'node:worker_threads'
import { writeFinding } from './findings-folder.ts'
import type { WatchedMemory } from './watchdog.ts'

const { counter, lengths, input, patience, target, seed } = workerData as WatchedMemory
let last = -1n
let since = 0

/** Looks whether the execution under way is still the one of `patience` milliseconds ago: the fuzzer itself could not tell. */
setInterval(() => {
  const now = Atomics.load(counter, 0)
  if (now === 0n || now !== last) {
    last = now
    since = performance.now()
    return
  }
  if (performance.now() - since < patience) return
  const bytes = Buffer.from(input.slice(0, Atomics.load(lengths, 0)))
  const file = writeFinding(target, 'hangs', `did not end within ${patience} ms`, bytes, seed)
  process.stderr.write(`fuzz: ${target}: an input does not end: ${file}\n`)
  process.kill(process.pid, 'SIGKILL')
}, 1000)

parentPort?.postMessage('ready')
