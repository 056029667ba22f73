/**
 * Splits `a,b,,c` at single commas; `,,` stands for a comma inside an element. This is how virsh reads
 * --diskspec, --memspec and every other option made of key=value pairs.
 */
export function splitCommaList(text: string): string[] {
  const elements: string[] = [];
  let element = '';
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== ',') element += text[at];
    else if (text[at + 1] === ',') {
      element += ',';
      at += 1;
    } else {
      elements.push(element);
      element = '';
    }
  }
  elements.push(element);
  return elements;
}
