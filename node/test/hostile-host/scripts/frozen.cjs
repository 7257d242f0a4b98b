// Freezes what the language has, as hardened hosts do: from now on an assignment fails where a prototype has such a name.

for (const type of [
  Object,
  Function,
  Array,
  String,
  Number,
  Boolean,
  Date,
  Map,
  Set,
  WeakMap,
  Promise,
  Error,
  RegExp,
]) {
  Object.freeze(type.prototype);
  Object.freeze(type);
}
for (const namespace of [JSON, Math, Reflect]) Object.freeze(namespace);
