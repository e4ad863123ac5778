import assert from 'node:assert/strict'
import { test } from 'node:test'
import { prefersHtml } from '../../../../src/gateway/refusal/accept.ts'

test('browsers get a page', () => {
  for (const accept of [
    'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
    'text/html, */*',
    'TEXT/HTML',
    'application/xhtml+xml',
    'text/html;q=0.9, application/json;q=0.8',
    'text/html; charset=utf-8; q=0.9',
  ]) {
    assert.equal(prefersHtml(accept), true, accept)
  }
})

test('programs get JSON', () => {
  for (const accept of [
    '',
    '*/*',
    'application/json',
    'application/json, text/plain, */*',
    'application/json, text/html',
    'text/html;q=0',
    'text/html;q=bogus',
    'text/html;q=0.5, application/json;q=0.8',
    'text/html;q=0.5, */*;q=0.8',
    'text/*',
    ',;,=',
    'text/htmlx',
  ]) {
    assert.equal(prefersHtml(accept), false, accept)
  }
})
