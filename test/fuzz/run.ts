import { fuzz, type TargetReport } from './engine.ts'
import { asFinding } from './finding.ts'
import { readFinding, type WrittenFinding } from './findings-folder.ts'
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
  const { target: name, base64, kind } = storedFinding(file)
  const target = TARGETS.find((one) => one.name === name)
  if (target === undefined) throw new WrongUsage(`${file} is about '${name}', which is no target`)
  process.stdout.write(`${name}: ${kind}\n`)
  const start = process.cpuUsage()
  try {
    process.stdout.write(`${target.run(Buffer.from(base64, 'base64'))}\n`)
  } catch (error) {
    const finding = asFinding(error)
    process.stdout.write(`FOUND ${finding.kind}: ${finding.message}\n`)
    return 1
  }
  const { user, system } = process.cpuUsage(start)
  const milliseconds = (user + system) / 1000
  process.stdout.write(`${milliseconds.toFixed(0)} ms of the processor\n`)
  return milliseconds > target.bounds.milliseconds ? 1 : 0
}

function storedFinding(file: string): WrittenFinding {
  try {
    return readFinding(file)
  } catch (error) {
    throw new WrongUsage(`${file} holds no finding: ${error instanceof Error ? error.message : String(error)}`)
  }
}
