import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { escapeHtml, htmlPage } from '../../../../src/gateway/refusal/html-page.ts'
import { clientRefusal } from './fixture.ts'

test('the page says what happened, what to do, and which request it was', () => {
  const { text } = htmlPage(
    clientRefusal({ detail: 'the client certificate expired at 2026-01-02T00:00:00Z', advice: 'Ask for a new one.' }),
  )
  assert.match(text, /<h1>Access denied<\/h1><p>The client certificate expired at 2026-01-02T00:00:00Z\.<\/p><p>Ask for a new one\.<\/p>/)
  assert.match(text, /<dt>Request id<\/dt><dd>req-1<\/dd>/)
  assert.match(text, /<dt>Code<\/dt><dd>role_missing<\/dd>/)
})

test('nothing that was passed in can become markup', () => {
  const hostile = `<script>alert("1")</script>'&`
  const { text } = htmlPage(clientRefusal({ title: hostile, detail: hostile, advice: hostile, requestId: hostile }))
  assert.equal(text.includes('<script'), false)
  assert.equal(text.match(/&lt;script&gt;alert\(&quot;1&quot;\)&lt;\/script&gt;&#39;&amp;/g)?.length, 5)
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
