import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ravenJson } from '../../../../src/gateway/refusal/raven.ts'
import { clientRefusal } from './fixture.ts'

test('who may not gets InvalidAuth and a message', () => {
  for (const status of [401, 403]) {
    assert.deepEqual(JSON.parse(ravenJson(clientRefusal({ status })).text), {
      Type: 'InvalidAuth',
      Message: 'You have no role that allows this request. Ask. (role_missing)',
    })
  }
})

test("everything else is RavenDB's exception object", () => {
  const body = JSON.parse(ravenJson(clientRefusal({ status: 404, code: 'route_missing', detail: 'nothing here', advice: 'Check.' })).text)
  assert.deepEqual(body, {
    Url: '/movies/_doc/3',
    Type: 'Raven.Client.Exceptions.Routing.RouteNotFoundException',
    Message: 'Nothing here. Check. (route_missing)',
    Error: 'Raven.Client.Exceptions.Routing.RouteNotFoundException: Nothing here. Check. (route_missing) request id req-1',
  })
  assert.equal(JSON.parse(ravenJson(clientRefusal({ status: 502 })).text).Type, 'Raven.Client.Exceptions.RavenException')
})
