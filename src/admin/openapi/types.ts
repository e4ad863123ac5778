/** A JSON Schema of 2020-12, as OpenAPI 3.1 has it; only the words that are used here. */
export interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly maxProperties?: number
  readonly format?: string
  readonly pattern?: string
  readonly const?: boolean
  readonly enum?: readonly (string | null)[]
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly items?: Schema
  readonly minItems?: number
  readonly maxItems?: number
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly propertyNames?: Schema
  readonly minProperties?: number
  readonly anyOf?: readonly Schema[]
  readonly not?: Schema
  readonly contentEncoding?: string
}

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly description?: string
  readonly required?: boolean
  /** Of a list; false: separated by commas. */
  readonly explode?: boolean
  readonly schema: Schema
}

export interface Content {
  readonly [type: string]: { readonly schema: Schema }
}

export interface Answer {
  readonly $ref?: string
  readonly description?: string
  readonly headers?: Readonly<Record<string, { readonly description: string; readonly schema: Schema }>>
  readonly content?: Content
}

export interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly description?: string
  readonly tags: readonly string[]
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly required: boolean; readonly content: Content }
  readonly responses: Readonly<Record<string, Answer>>
  /** The least clearance that may ask; null: any trusted certificate. */
  readonly 'x-clearance': 'Operator' | 'ClusterAdmin' | null
}

export type Method = 'get' | 'put' | 'post' | 'patch' | 'delete'
export type PathItem = Readonly<Partial<Record<Method, Operation>>>
export type Paths = Readonly<Record<string, PathItem>>

export interface OpenApiDocument {
  readonly openapi: string
  readonly info: { readonly title: string; readonly version: string; readonly description: string }
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly paths: Paths
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>
    readonly responses: Readonly<Record<string, Answer>>
    readonly securitySchemes: Readonly<Record<string, { readonly type: string; readonly description: string }>>
  }
}
