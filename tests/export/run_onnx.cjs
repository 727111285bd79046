// Prints predictions of an ONNX file as JSON.
//
//     node run_onnx.cjs PACKAGE MODEL FEED
//
// FEED is a JSON file: input -> its type, shape and numbers.
const fs = require("fs");
const path = require("path");

const ARRAYS = {
  int64: (numbers) => BigInt64Array.from(numbers, BigInt),
  float32: (numbers) => Float32Array.from(numbers),
};

// Large weights lie in a second file. Node.js finds it beside the first one; in
// a browser there is no folder to look into.
function open(ort, model) {
  const data = `${model}.data`;
  if (!fs.existsSync(data)) {
    return ort.InferenceSession.create(fs.readFileSync(model));
  }
  if (!ort.env.wasm) return ort.InferenceSession.create(model);
  const externalData = [
    { path: path.basename(data), data: fs.readFileSync(data) },
  ];
  const bytes = fs.readFileSync(model);
  return ort.InferenceSession.create(bytes, { externalData });
}

async function main(packageName, model, feedPath) {
  const ort = require(packageName);
  if (ort.env.wasm) ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "fatal"; // invalid ids are meant to fail
  const session = await open(ort, model);
  const feed = {};
  const inputs = JSON.parse(fs.readFileSync(feedPath));
  for (const [name, { type, shape, numbers }] of Object.entries(inputs)) {
    feed[name] = new ort.Tensor(type, ARRAYS[type](numbers), shape);
  }
  const outputs = {};
  for (const [name, tensor] of Object.entries(await session.run(feed))) {
    outputs[name] = { shape: tensor.dims, numbers: Array.from(tensor.data) };
  }
  console.log(JSON.stringify(outputs));
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(String(error));
  process.exit(1);
});
