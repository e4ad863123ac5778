/** docs/identity-headers.md shows what is really sent: every example is rendered and compared, every option and style is named. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { load } from 'js-yaml'
import type { HeaderStyle, IdentityHeaderSettings } from '../../../../src/config/settings.ts'
import { compileIdentityHeaders } from '../../../../src/gateway/headers/identity-headers.ts'
import { STYLE_OPTIONS } from '../../../../src/gateway/headers/options.ts'
import { compileStripNames } from '../../../../src/gateway/headers/strip-names.ts'
import type { InboundHeaders } from '../../../../src/gateway/headers/types.ts'
import { identity, settings, subject } from './fixture.ts'

const TEXT = readFileSync(new URL('../../../../docs/identity-headers.md', import.meta.url), 'utf8')

interface Block {
  readonly info: string
  readonly body: string
}

const BLOCKS: readonly Block[] = [...TEXT.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)].map(([, info = '', body = '']) => ({ info, body }))

interface Written {
  readonly styles: readonly (string | Readonly<Record<string, Readonly<Record<string, unknown>>>>)[]
  readonly custom?: Readonly<Record<string, string>>
  readonly forwarded?: boolean
  readonly trusted_hops?: readonly string[]
}

function settingsOf(yaml: string): IdentityHeaderSettings {
  const written = (load(yaml) as { identity_headers: Written }).identity_headers
  const styles = written.styles.map((style) => {
    if (typeof style === 'string') return style as HeaderStyle
    const [[name, options]] = Object.entries(style) as [[HeaderStyle, Readonly<Record<string, unknown>>]]
    return { style: name, options: Object.fromEntries(Object.entries(options).map(([option, value]) => [option, String(value)])) }
  })
  return settings(styles, {
    custom: new Map(Object.entries(written.custom ?? {})),
    forwarded: written.forwarded ?? false,
    trustedHops: written.trusted_hops ?? [],
  })
}

function inboundOf(text: string): InboundHeaders {
  const value = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1] ?? null
  return {
    forwardedFor: value('X-Forwarded-For'),
    forwardedProto: value('X-Forwarded-Proto'),
    clientCert: value('X-Forwarded-Client-Cert'),
  }
}

function sent(yaml: string, received: string | null): string {
  const headers = compileIdentityHeaders(settingsOf(yaml))
  const block = headers.block(subject())
  assert.ok('lines' in block)
  const request = headers.hostLines(subject(), 'db.example', received === null ? undefined : inboundOf(received))
  return (block.lines + request).replaceAll('\r\n', '\n')
}

test('each example is what is sent', () => {
  let examples = 0
  for (const [index, { info, body }] of BLOCKS.entries()) {
    if (info !== 'http') continue
    const before = BLOCKS[index - 1] as Block
    const received = before.info === 'http received' ? before.body : null
    const config = received === null ? before : (BLOCKS[index - 2] as Block)
    assert.equal(config.info, 'yaml')
    assert.equal(body, sent(config.body, received), config.body)
    examples++
  }
  assert.ok(examples >= 15)
})

test('each style has a section with an example that uses it, and names all its options', () => {
  for (const style of Object.keys(STYLE_OPTIONS) as HeaderStyle[]) {
    const section = new RegExp(`^### ${style}$(.*?)^##`, 'ms').exec(TEXT)?.[1] ?? ''
    assert.match(section, new RegExp(`\`\`\`yaml\n.*\\b${style}\\b.*\`\`\`http`, 's'), style)
    for (const option of Object.keys(STYLE_OPTIONS[style]))
      assert.ok(section.includes(`\`${option}\``), `${style}.${option} is not documented`)
  }
})

test('the tables of encodings are right', () => {
  const headers = compileIdentityHeaders(settings(['plain']))
  const first = (changes: Parameters<typeof identity>[0], name: string) => {
    const block = headers.block(subject({ identity: identity(changes) }))
    return 'lines' in block ? new RegExp(`^${name}: (.*)\r$`, 'm').exec(block.lines)?.[1] : undefined
  }
  const rows = [...TEXT.matchAll(/^\| (`.*) \| `(.*)` \|$/gm)].filter(([, given]) => given !== undefined)
  assert.equal(rows.length, 7)
  for (const [, given = '', shown] of rows) {
    const values = [...given.matchAll(/`([^`]*)`/g)].map(([, value]) => value as string)
    const asName = first({ name: values[0] as string }, 'X-Forwarded-User')
    const asGroups = first({ backendRoles: values }, 'X-Forwarded-Groups')
    assert.ok(shown === asName || shown === asGroups, `${given} -> ${shown}`)
  }
})

test('the lists of removed names are the real ones', () => {
  const strip = compileStripNames(settings([]))
  const listed = (info: string) => (BLOCKS.find((block) => block.info === info)?.body ?? '').trim().split(/\s+/)
  assert.deepEqual(listed('text prefixes'), [...strip.prefixes])
  assert.deepEqual(listed('text names'), [...strip.exact])
})
