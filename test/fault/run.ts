import { FAULTS } from './faults/index.ts'
import { type FaultResult, plainResult, Report } from './harness/report.ts'
import { Span } from './harness/span.ts'
import { type Fault, NotPermitted, Skipped } from './harness/types.ts'
import { type FaultOptions, readOptions, USAGE, WrongUsage } from './options.ts'

/** CI sets it: what .ci/install should have brought and did not is a failure there, not a skipped fault. */
const required = process.env.CERTGATE_TEST_REQUIRE_PROGRAMS === '1'

// 0: every bound held; 1: one did not; 2: wrong usage.
try {
  const options = readOptions(
    process.argv.slice(2),
    FAULTS.map(({ name }) => name),
  )
  process.exit(options.names.length === 0 ? list() : await runAll(options))
} catch (error) {
  if (!(error instanceof WrongUsage)) throw error
  process.stderr.write(`fault: ${error.message}\n${USAGE}`)
  process.exitCode = 2
}

function list(): number {
  const width = Math.max(...FAULTS.map(({ name }) => name.length))
  process.stdout.write(`${USAGE}\n${FAULTS.map(({ name, promise }) => `${name.padEnd(width)}  ${promise}\n`).join('')}`)
  return 0
}

async function runAll({ names, short, minutes, json }: FaultOptions): Promise<number> {
  let held = true
  for (const fault of FAULTS.filter(({ name }) => names.includes(name))) {
    if (!json) process.stderr.write(`fault: ${fault.name}: ${fault.promise}\n`)
    const result = await runOne(fault, short, minutes)
    process.stdout.write(json ? `${JSON.stringify(result)}\n` : plainResult(result))
    if (result.outcome === 'broken') held = false
  }
  return held ? 0 : 1
}

async function runOne(fault: Fault, short: boolean, minutes: number | null): Promise<FaultResult> {
  const t = new Span()
  const report = new Report()
  const from = performance.now()
  const seconds = () => (performance.now() - from) / 1000
  const interrupted = () => void t.end().finally(() => process.exit(130))
  process.once('SIGINT', interrupted)
  try {
    await fault.run({ short, minutes, t, report, say: (text) => process.stderr.write(`  ${text}\n`) })
  } catch (error) {
    const skipped = error instanceof Skipped && (error instanceof NotPermitted || !required)
    if (skipped) return { ...report.result(fault.name, seconds()), outcome: 'skipped', notes: [error.message] }
    report.broken.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
  } finally {
    process.off('SIGINT', interrupted)
    await t.end()
  }
  return report.result(fault.name, seconds())
}
