import { expect } from "chai";
import { fill } from "../../src/cluster/template.ts";

describe("a template", () => {
  it("has names replaced, and sections repeated for each item with the names around them", () => {
    const template = "a {{x}}\n{{#items}}\n  {{x}} {{y}}\n{{#inner}}\n    {{y}}{{z}}\n{{/inner}}\n{{/items}}\nend\n";
    const items = [
      { y: 1, inner: [{ z: "p" }, { z: "q" }] },
      { y: 2, inner: [] },
    ];
    expect(fill(template, { x: "X", items })).to.equal("a X\n  X 1\n    1p\n    1q\n  X 2\nend\n");
  });

  it("leaves out a section without items", () => {
    expect(fill("{{#no}}\n{{x}}\n{{/no}}\nend\n", { no: [], x: 1 })).to.equal("end\n");
  });

  it("must not name what is not there", () => {
    expect(() => fill("{{x}}", {})).to.throw("the template uses x, which has no value");
    expect(() => fill("{{#x}}\n{{/x}}\n", { x: "text" })).to.throw("the template repeats x, which is no list");
  });
});
