import assert from 'node:assert/strict'
import { test } from 'node:test'
import { installingFor } from '../../../../src/gateway/refusal/installing.ts'

const CASES: readonly (readonly [string, string | undefined])[] = [
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0', 'Chrome or Edge on Windows'],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/19.0 Safari/605.1.15', 'Safari, Chrome or Edge on macOS'],
  ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36', 'Chrome or Chromium on Linux'],
  ['Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox'],
  ['Mozilla/5.0 (Linux; Android 16; Pixel) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36', 'Android'],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Mobile Safari/604.1', 'iPhone and iPad'],
  ['curl/8.9.1', undefined],
  ['', undefined],
]

for (const [userAgent, browser] of CASES) {
  test(`${userAgent || 'nothing'} is ${browser ?? 'any'}`, () => assert.equal(installingFor(userAgent)?.browser, browser))
}
