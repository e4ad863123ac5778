import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { escapeHtml, htmlPage } from '../../../../src/gateway/refusal/html-page.ts'
import type { ClientRefusal } from '../../../../src/gateway/refusal/refusal.ts'
import { clientRefusal } from './fixture.ts'

test('the page says what happened, what to do, and which request it was', () => {
  const { text } = htmlPage(
    clientRefusal({ detail: 'the client certificate expired at 2026-01-02T00:00:00Z', advice: 'Ask for a new one.' }),
  )
  assert.match(text, /<h1>Access denied<\/h1><p>The client certificate expired at 2026-01-02 00:00 UTC\.<\/p><p>Ask for a new one\.<\/p>/)
  assert.match(text, /<dt>Request id<\/dt><dd>req-1<\/dd>/)
  assert.match(text, /<dt>Code<\/dt><dd>role_missing<\/dd>/)
})

test('a flag of a command is not broken behind its dashes', () => {
  const { text } = htmlPage(clientRefusal({ advice: 'With curl, add --cert and --key.' }))
  assert.match(text, /<p>With curl, add <code>--cert<\/code> and <code>--key<\/code>\.<\/p>/)
})

test('whom to ask is a link where it is an address, and text where it is anything else', () => {
  const page = (contact: string | null) => htmlPage(clientRefusal({ contact })).text
  assert.match(page('ops@example.org'), /<p>Who to ask: <a href="mailto:ops@example\.org">ops@example\.org<\/a><\/p>/)
  assert.match(page('https://help.example/?a=1&b'), /<a href="https:\/\/help\.example\/\?a=1&amp;b">/)
  assert.match(page('Platform, room 3'), /<p>Who to ask: Platform, room 3<\/p>/)
  assert.match(page('javascript:alert(1)'), /<p>Who to ask: javascript:alert\(1\)<\/p>/)
  assert.doesNotMatch(page('http://plain.example'), /href/)
  assert.doesNotMatch(page(null), /Who to ask/)
})

test('where another certificate is the way in, the page says how to install one, for the browser at hand first', () => {
  const page = (changes: Partial<ClientRefusal>) => htmlPage(clientRefusal(changes)).text
  assert.doesNotMatch(page({}), /install/i)
  const firefox = page({ wantsCertificate: true, userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' })
  assert.match(firefox, /How to install a certificate/)
  assert.deepEqual(
    [...firefox.matchAll(/<details open><summary>([^<]*)/g)].map(([, browser]) => browser),
    ['Firefox'],
  )
  assert.equal(firefox.match(/<details/g)?.length, 6)
  assert.doesNotMatch(page({ wantsCertificate: true, userAgent: 'curl/8' }), /<details open/)
})

test('nothing that was passed in can become markup', () => {
  const hostile = `<script>alert("1")</script>'&`
  const { text } = htmlPage(clientRefusal({ title: hostile, detail: hostile, advice: hostile, requestId: hostile, contact: hostile }))
  assert.equal(text.includes('<script'), false)
  assert.equal(text.match(/&lt;script&gt;alert\(&quot;1&quot;\)&lt;\/script&gt;&#39;&amp;/g)?.length, 6)
  assert.equal(escapeHtml('\ud800<'), '\ufffd&lt;')
})

test('the policy admits the one style sheet and nothing else', () => {
  const { text, headerLines = '' } = htmlPage(clientRefusal())
  const style = /<style>(.*)<\/style>/s.exec(text)?.[1] as string
  const hash = createHash('sha256').update(style).digest('base64')
  assert.match(
    headerLines,
    new RegExp(`^Content-Security-Policy: default-src 'none'; style-src 'sha256-${hash.replace(/[+/]/g, '\\$&')}'; base-uri`, 'm'),
  )
  assert.doesNotMatch(text, /<script|https?:|onload|style=|<img|<link/)
})
