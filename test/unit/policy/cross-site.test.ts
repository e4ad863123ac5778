import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { crossSiteProblem, type RequestSite } from '../../../src/policy/cross-site.ts'
import { routeSettings } from '../../support/route-settings.ts'

const refuse = routeSettings({ path: '/**' })
const plain: RequestSite = { method: 'POST', scheme: 'https', host: 'gate.example:8443', secFetchSite: null, origin: null, upgrade: false }
const problem = (request: Partial<RequestSite>, route = refuse): string | null => crossSiteProblem(route, { ...plain, ...request })

describe('a request that another site may have caused', () => {
  it('is refused by Sec-Fetch-Site unless its method is safe', () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'get', 'TRACE'])
      assert.match(problem({ method, secFetchSite: 'cross-site' }) ?? '', /cross-site/)
    for (const method of ['GET', 'HEAD', 'OPTIONS']) assert.equal(problem({ method, secFetchSite: 'cross-site' }), null)
    assert.match(problem({ secFetchSite: 'same-origin, Cross-Site' }) ?? '', /cross-site/)
  })

  it('passes when the browser says otherwise, or there is no browser', () => {
    for (const secFetchSite of ['same-origin', 'same-site', 'none', null]) assert.equal(problem({ secFetchSite }), null)
    assert.equal(problem({ origin: 'https://evil.example' }), null)
  })

  it('is refused when it asks for an upgrade from another origin', () => {
    for (const origin of [
      'https://evil.example',
      'https://gate.example',
      'null',
      '',
      'https://gate.example:8443/x',
      'https://gate.example:8443@evil.example',
      'file://gate.example:8443',
    ]) {
      assert.match(problem({ method: 'GET', upgrade: true, origin }) ?? '', /another origin/, origin)
    }
    assert.equal(problem({ method: 'GET', upgrade: true, origin: 'https://Gate.example:8443' }), null)
    assert.equal(problem({ method: 'GET', upgrade: true, host: 'gate.example', origin: 'https://gate.example:443' }), null)
    assert.equal(problem({ method: 'GET', upgrade: true, scheme: 'http', host: '[::1]', origin: 'http://[::1]' }), null)
    assert.equal(problem({ method: 'GET', upgrade: true }), null)
  })

  it('passes where the route allows it', () => {
    const allow = routeSettings({ path: '/**', crossSite: 'allow' })
    assert.equal(problem({ secFetchSite: 'cross-site' }, allow), null)
    assert.equal(problem({ upgrade: true, origin: 'null' }, allow), null)
  })
})
