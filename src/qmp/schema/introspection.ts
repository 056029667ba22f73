/** SchemaInfo: one entry of query-qmp-schema. Names of types are QEMU's own and mean nothing: follow them. */
export type SchemaEntry = { name: string } & (
  | { 'meta-type': 'builtin'; 'json-type': string }
  | { 'meta-type': 'enum'; values: string[]; members?: { name: string }[] }
  | { 'meta-type': 'array'; 'element-type': string }
  | {
      'meta-type': 'object';
      members: SchemaMember[];
      /** The member whose value tells which variant's members there are besides. */
      tag?: string;
      variants?: { case: string; type: string }[];
    }
  | { 'meta-type': 'alternate'; members: { type: string }[] }
  | { 'meta-type': 'command'; 'arg-type': string; 'ret-type': string; 'allow-oob'?: boolean }
  | { 'meta-type': 'event'; 'arg-type': string }
);

/** SchemaInfoObjectMember. */
export interface SchemaMember {
  name: string;
  type: string;
  /** There, and null, where the member may be left out. */
  default?: unknown;
}
