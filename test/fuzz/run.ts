import { fuzz, type TargetReport } from './engine.ts'
import { readFinding } from './findings-folder.ts'
import { type FuzzOptions, readOptions, USAGE, WrongUsage } from './options.ts'
import { renderReport } from './report.ts'
import { ABSENT, TARGETS } from './targets/index.ts'

// 0: nothing was found; 1: something was; 2: wrong usage.
try {
  const options = readOptions(
    process.argv.slice(2),
    TARGETS.map(({ name }) => name),
  )
  process.exitCode = options.replay === null ? await fuzzAll(options) : await replay(options.replay)
} catch (error) {
  if (!(error instanceof WrongUsage)) throw error
  process.stderr.write(`fuzz: ${error.message}\n${USAGE}`)
  process.exitCode = 2
}

async function fuzzAll({ minutes, targets, seed, json }: FuzzOptions): Promise<number> {
  const chosen = TARGETS.filter(({ name }) => targets === null || targets.includes(name))
  const reports: TargetReport[] = []
  for (const target of chosen) {
    if (!json) process.stderr.write(`fuzz: ${target.name}: ${target.promise}\n`)
    reports.push(await fuzz(target, (minutes * 60) / chosen.length, seed))
  }
  process.stdout.write(json ? `${JSON.stringify({ seed, reports, absent: ABSENT }, null, 2)}\n` : renderReport(reports, ABSENT, seed))
  return reports.some(({ findings }) => findings > 0) ? 1 : 0
}

async function replay(file: string): Promise<number> {
  const { target: name, base64, kind } = readFinding(file)
  const target = TARGETS.find((one) => one.name === name)
  if (target === undefined) throw new WrongUsage(`${file} is about '${name}', which is no target`)
  await target.seeds()
  process.stdout.write(`${name}: ${kind}\n`)
  const start = process.cpuUsage()
  const outcome = target.run(Buffer.from(base64, 'base64'))
  const { user, system } = process.cpuUsage(start)
  process.stdout.write(`${outcome}, ${((user + system) / 1000).toFixed(0)} ms\n`)
  const slow = (user + system) / 1000 > target.bounds.milliseconds
  return slow ? 1 : 0
}
