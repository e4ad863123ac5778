import { FAULTS } from './faults/index.ts'
import { type FaultResult, plainResult, Report } from './harness/report.ts'
import { Span } from './harness/span.ts'
import { type Fault, Skipped } from './harness/types.ts'
import { type FaultOptions, readOptions, USAGE, WrongUsage } from './options.ts'

/** CI sets it: a fault that cannot be had there is a failure, not a skipped one. */
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
    if (result.outcome === 'broken' || (result.outcome === 'skipped' && required)) held = false
  }
  return held ? 0 : 1
}

async function runOne(fault: Fault, short: boolean, minutes: number | null): Promise<FaultResult> {
  const t = new Span()
  const report = new Report()
  const from = performance.now()
  const seconds = () => (performance.now() - from) / 1000
  try {
    await fault.run({ short, minutes, t, report, say: (text) => process.stderr.write(`  ${text}\n`) })
  } catch (error) {
    if (error instanceof Skipped) return { ...report.result(fault.name, seconds()), outcome: 'skipped', notes: [error.message] }
    report.broken.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
  } finally {
    await t.end()
  }
  return report.result(fault.name, seconds())
}
