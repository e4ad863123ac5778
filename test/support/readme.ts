import assert from 'node:assert/strict'
import type { ServedExample } from './example.ts'
import { run } from './outside-program.ts'

interface Step {
  readonly command: string
  readonly expected: readonly string[]
}

/** The `$ ` lines of all ```console blocks, each with what the README says it prints. */
export function stepsOf(readme: string): Step[] {
  const steps: { command: string; expected: string[] }[] = []
  for (const [, block = ''] of readme.matchAll(/^```console\n([\s\S]*?)^```/gm)) {
    for (const line of block.trimEnd().split('\n')) {
      if (line.startsWith('$ ')) steps.push({ command: line.slice(2), expected: [] })
      else {
        assert.ok(steps.length > 0, `output before any command: ${line}`)
        steps.at(-1)?.expected.push(line)
      }
    }
  }
  return steps
}

/** What differs from run to run. */
function withoutChance(line: string): string {
  return line.replace(/"request_id":"[^"]*"/g, '"request_id":"..."').replace(/\b1\d{9}(?:\.\d+)?\b/g, 'NOW')
}

const MARK = '-- end of a step --'

/** Runs the commands one after the other in one shell, and asserts that each prints what the README says. */
export async function assertReadmeHolds(readme: string, folder: string, ports: ReadonlyMap<number, number>): Promise<number> {
  const steps = stepsOf(readme)
  const here = (text: string) => [...ports].reduce((result, [written, real]) => result.replaceAll(`:${written}`, `:${real}`), text)
  const script = steps.map(({ command }) => `${here(command)}\nprintf '%s\\n' '${MARK}'\n`).join('')
  const { text } = await run('bash', ['-c', `exec 2>&1\n${script}`], { cwd: folder, timeout: 120_000 })
  const outputs = text.split(`${MARK}\n`)
  for (const [index, { command, expected }] of steps.entries()) {
    const printed = (outputs[index] ?? '').split('\n')
    if (printed.at(-1) === '') printed.pop()
    assert.deepEqual(printed.map(withoutChance), expected.map(here).map(withoutChance), `the README says otherwise of: ${command}`)
  }
  return steps.length
}

/** The ports of a served example, by what its README calls them. */
export function portsOf(gateway: ServedExample, ...more: readonly (readonly [number, number])[]): ReadonlyMap<number, number> {
  return new Map([[8443, gateway.port], ...more])
}
