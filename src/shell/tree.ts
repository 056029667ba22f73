export interface TreeNode {
  readonly name: string;
  /** Undefined for a root; nodes whose parent is not among the nodes are not shown. */
  readonly parent: string | undefined;
}

/** Nodes as virsh draws a tree, each root on its own, in the order given. */
export function formatTree(nodes: readonly TreeNode[]): string {
  const childrenOf = new Map<string, TreeNode[]>();
  for (const node of nodes) {
    if (node.parent === undefined) continue;
    const siblings = childrenOf.get(node.parent);
    if (siblings) siblings.push(node);
    else childrenOf.set(node.parent, [node]);
  }
  const lines: string[] = [];
  const draw = (node: TreeNode, indent: string, last: boolean, root: boolean): void => {
    lines.push(`${indent}${root ? '' : '+- '}${node.name}`);
    const below = root ? indent : `${indent}${last ? ' ' : '|'} `;
    const children = childrenOf.get(node.name) ?? [];
    if (children.length > 0) lines.push(`${below}  |`);
    else if (last) lines.push(below);
    children.forEach((child, index) => {
      draw(child, `${below}  `, index === children.length - 1, false);
    });
  };
  for (const node of nodes) if (node.parent === undefined) draw(node, '', true, true);
  return lines.map((line) => `${line}\n`).join('');
}
