/** What the README shows as output is what the commands print, but for dates, host names and what is random. */
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { summary } from '../../../src/cli/init-summary.ts'
import { initialize } from '../../../src/cli/initialize.ts'
import { runProgram } from '../../../src/cli/program.ts'
import { guide } from '../../../src/cli/start-guide.ts'
import { temporaryFolder } from '../../support/authority.ts'
import { blocksOf, readDocument } from '../../support/documents.ts'
import { fileLifetime } from '../../support/lifetime.ts'

const blocks = blocksOf(readDocument('README.md'))
const lifetime = fileLifetime()

describe('the README', () => {
  const { path: cwd } = temporaryFolder(lifetime)
  const written: string[] = []
  const terminal = {
    out: (text: string) => void written.push(text),
    err: (text: string) => void written.push(text),
    isTty: false,
    colour: false,
    columns: 120,
    env: {},
    cwd,
  }
  let made = ''

  before(async () => {
    const folder = join(cwd, 'data')
    mkdirSync(folder)
    const names = ['vm', 'localhost', '127.0.0.1', '::1']
    const upstream = { name: 'demo', target: 'http://127.0.0.1:8480' }
    const initialized = await initialize({
      folder,
      names,
      cwd,
      listen: '0.0.0.0:8443',
      telemetry: '127.0.0.1:9464',
      admin: '127.0.0.1:9443',
      upstream,
    })
    made = summary(folder, names, initialized, terminal)
    // The example is put in the place of what init wrote, beside the files that it names.
    const example = join(cwd, 'example')
    mkdirSync(example)
    await initialize({
      folder: example,
      names,
      cwd,
      listen: '0.0.0.0:8443',
      telemetry: '127.0.0.1:9464',
      admin: '127.0.0.1:9443',
      upstream,
    })
    const config = textOf('certgate.yml')
    writeFileSync(join(example, 'certgate.yml'), config)
    writeFileSync(join(example, 'broken.yml'), config.replace('clientauth_mode', 'client_auth_mode'))
    writeFileSync(join(example, 'roles_mapping.yml'), textOf('roles_mapping.yml'))
  })

  it('shows what npm start prints', () => {
    const shown = blocks.find(({ text }) => text.startsWith('made in data:'))?.text ?? ''
    const lines = new Set(lasting(shown).split('\n'))
    for (const line of lasting(made).split('\n')) assert.ok(lines.has(line), line)
    const guided = guide(join(cwd, 'data'), { port: '8443', admin: '127.0.0.1:9443', behind: 'demo' }, terminal)
    for (const [line] of guided.matchAll(/^.*(?:console|browser).*$/gm)) assert.ok(lines.has(line), line)
    const [curl, refused] = [...guided.matchAll(/^ {2}curl.*$/gm)].map(([line]) => line)
    assert.ok(curl !== undefined && lines.has(curl), curl)
    assert.ok(refused !== undefined && lines.has(refused), refused)
  })

  const shown = blocks.filter(({ text }) => text.startsWith('$ certgate '))
  it('shows some commands', () => assert.ok(shown.length >= 2))
  for (const { text, line } of shown) {
    for (const [command = '', ...output] of text.split(/\n(?=\$ certgate )/).map((session) => session.split('\n'))) {
      it(`README.md:${line} ${command}`, async () => {
        written.length = 0
        const words = command.split(' ').slice(2)
        // Certificates are those of what `npm start` made.
        await runProgram(words, { ...terminal, cwd: join(cwd, words[0] === 'cert' ? 'data' : 'example') })
        assert.equal(lasting(output.join('\n')).trimEnd(), lasting(written.join('')).trimEnd())
      })
    }
  }
})

function textOf(kind: string): string {
  return blocks.find((block) => block.kind === kind)?.text ?? assert.fail(`there is no block ${kind}`)
}

/** Without what differs from run to run. */
function lasting(text: string): string {
  return text
    .replace(/\d{4}-\d\d-\d\d/g, 'DATE')
    .replace(/CA [0-9a-f]{8}/g, 'CA RANDOM')
    .replace(/\b(?:[0-9A-F]{40}|[0-9a-f]{64}|(?:[a-z0-9]{5}-){4}[a-z0-9]{5})\b/g, 'RANDOM')
    .replace('certgate: no gateway is running: it takes effect when one starts\n', '')
}
