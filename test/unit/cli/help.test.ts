import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commands } from '../../../src/cli/commands.ts'
import { commandHelp } from '../../../src/cli/help.ts'
import { testTerminal } from './terminal.ts'

const words = (text: string) => text.replace(/\s+/g, ' ').trim()

for (const { name, load } of commands) {
  test(`${name} --help fits into 80 columns, but for examples, and loses nothing`, async () => {
    const { usage } = await load()
    const shown = commandHelp(usage, testTerminal({ isTty: true, columns: 80 }))
    const [explanation = ''] = shown.split('\nexamples:\n')
    for (const line of explanation.split('\n')) assert.ok(line.length <= 80, line)
    assert.equal(words(shown), words(usage))
    assert.equal(words(commandHelp(usage, testTerminal())), words(usage))
  })
}

test('descriptions stand below each other, those of long flags below the flag, and brackets stay together', () => {
  const usage = `usage: certgate x [--config FILE] [--a-flag-with-a-long-name NAME] [--other VALUE] NAME

Some words of a paragraph that
are written on two lines here.

  -c, --config FILE     of the gateway, running or stopped
      --key-type ec|rsa|rsa4096|ed25519   default: ec

examples:
  certgate x`
  assert.equal(
    commandHelp(usage, testTerminal({ isTty: true, columns: 48 })),
    `usage: certgate x [--config FILE]
                [--a-flag-with-a-long-name NAME]
                [--other VALUE] NAME

Some words of a paragraph that
are written on two lines here.

  -c, --config FILE  of the gateway, running or
                     stopped
      --key-type ec|rsa|rsa4096|ed25519
                     default: ec

examples:
  certgate x
`,
  )
})

test('a single long flag has its description beside it, and lines stay readable on the widest terminal', () => {
  const usage = `usage: certgate x\n\n${'words '.repeat(30).trim()}\n\n      --algorithm bcrypt|argon2id   default: bcrypt\n`
  const shown = commandHelp(usage, testTerminal({ isTty: true, columns: 200 })).split('\n')
  assert.ok(shown.every((line) => line.length <= 100))
  assert.ok(shown.includes('      --algorithm bcrypt|argon2id  default: bcrypt'))
})
