// From facts to findings: helpers/diagnosis/findings.py in the browser, with its sentences, edges and cures.
import { EPSILON } from "./facts.js";
import { brief, fixed, general, percent, samples, thousands } from "./formats.js";

const ROUNDING = 1e-9; // without weights the heaviest sample weighs one but for rounding
const whole = (x) => thousands(fixed(x, 0));
const BFLOAT16 = "with torch.autocast(inputs.device.type, torch.bfloat16):\n    z = model(inputs)";
const MISREAD = { // the cure, by the last word of the doubt
  labels: "d = diagnose(labels=counts)",
  classes: "d = diagnose(labels=labels)  # which counts the samples of each",
  percentages: "counts = [n * total / 100 for n in counts]",
};
// torch.multinomial refuses more categories than 2 ** 24.
const draw = (f, weights = "d.weights.double()") => (f.samples > 2 ** 24 ? "# a sampler takes at most 16,777,216 samples: beyond, draw the class first, then one of its samples\n" : "")
  + `sampler = torch.utils.data.WeightedRandomSampler(${weights}[labels], len(labels))\n`
  + `loader = torch.utils.data.DataLoader(dataset, ${f.batch ?? "None"}, sampler=sampler)  # and no weight in the loss`;

function bring(f) {
  if (f.sampler) return "# the balanced sampler leaves it at that: a larger batch holds the class more often";
  const [byWeights, balanced] = [(f.counts[f.rarest] * f.advised[f.rarest]) / f.samples, 1 / f.holding].map((share) => (1 - share) ** f.all);
  if (byWeights <= 0.5) return draw(f);
  if (balanced <= 0.5)
    return `# drawn by these weights it would still be missing from ${percent(byWeights, 1)} of the batches; balanced, beyond your weights for that class:\n${draw(f, "(1 / d.facts.counts)")}`;
  return `# a balanced sampler does not mend it: with it the class is still missing from ${percent(balanced, 1)} of the batches`;
}

// What came in last is taken out first.
function withoutSmoothing(f) {
  const each = f.smoothing / f.counts.length;
  const known = [...f.counts.keys()].filter((c) => f.counts[c] > 0 && f.weights[c] > 0);
  const lets = known.map((c) => f.through[c] / f.weights[c]);
  const [least, most] = lets.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [Infinity, 0]);
  if (f.counts.some((n, c) => n > 0 && f.weights[c] === 0))
    return "# samples of a class without weight smooth the others, by their share in each place: no shift undoes it";
  if (known.some((c, i) => each * Math.max(most / lets[i] - 1, 1 - least / lets[i]) > 0.1 * (1 - f.smoothing) * f.share[c]))
    return "# no shift undoes smoothing in such batches: fit a and s of a * z - s * d.shift on held-out samples";
  const left = known.reduce((sum, c) => sum + (1 - f.smoothing) * f.share[c] + each, 0);
  const lines = ["probabilities / d.facts.through.where(d.facts.through > 0, torch.inf).to(z.device, torch.float32)",
    `(${known.length < f.counts.length ? `${general(left)} * ` : ""}probabilities - ${general(f.smoothing)} / ${f.counts.length}).clamp(min=0)`];
  if (f.sampler) lines.push("probabilities * (d.facts.counts / d.facts.share).nan_to_num(0).to(z.device, torch.float32)");
  return ["probabilities = z.softmax(dim=1)", ...lines.map((line) => `probabilities = F.normalize(${line}, p=1, dim=1)`)].join("\n");
}

function advisedLoss(f) {
  const z = f.dtype === "float32" ? "z" : "z.float()";
  if (f.loss === "bce")
    return `loss = d.weights[0] * F.binary_cross_entropy_with_logits(${z}, y, pos_weight=d.weights[1] / d.weights[0]${f.divisor === "nothing" ? ', reduction="sum")' : ")"}`;
  return `loss = F.cross_entropy(${z}, y, d.weights.to(z.device)${{ mean: ")", sum: ', reduction="sum")', none: ', reduction="none").mean()' }[f.reduction]}`;
}
const slower = (f) => `for group in optimizer.param_groups:\n    group["lr"] *= ${general(f.factor, 2)}` + (f.lr === null ? "" : `  # ${general(f.lr)} becomes ${brief(f.lr * f.factor)}`)
  + (!f.clip ? "" : f.lr === null ? "  # measured without clipping" : ", measured without clipping: try yours first");

export function findingsOf(f) {
  const found = [];
  const say = (severity, name, sentence, figure, cure, notebook) => found.push({ severity, name, sentence, figure, cure, notebook });
  inTheFormat(f, say);
  inTheStep(f, say);
  inTheAim(f, say);
  inTheData(f, say);
  return ["breaks", "hurts", "note"].flatMap((severity) => found.filter((one) => one.severity === severity));
}

function inTheFormat(f, say) {
  if (f.above < 1) {
    const what = f.autocast ? "the gradient of the logits"
      : `a weight, its loss${f.divisor === "weights" ? ", the sum over a batch or one over that sum" : " or the sum over a batch"}`;
    say("breaks", "overflow", `In ${f.dtype} ${what} overflows: the loss or its gradient becomes infinite or NaN.`,
      `the largest value is ${brief(1 / f.above)} times the largest number of the format`, f.autocast ? BFLOAT16 : advisedLoss(f), "09_number_formats");
  }
  if (f.below < 0.5)
    say("hurts", "underflow", `In ${f.dtype} the smallest entries of the logits' gradient become exactly zero.`, `smallest entry ${brief(f.below)} of the smallest number of the format`,
      `scaler = torch.amp.GradScaler(z.device.type)  # once, before the loop\n${advisedLoss(f)}\nscaler.scale(loss).backward()`, "09_number_formats");
  const epsilon = EPSILON[f.optimizer];
  if (epsilon !== null && f.state === "float16") // in which both epsilons round to zero
    say("breaks", "state", `The state of ${f.optimizer} in ${f.state} holds neither its epsilon nor small squared gradients: it divides by zero.`,
      `epsilon ${general(epsilon)} becomes 0`, `model.float()  # before the optimizer is made\n${BFLOAT16}`, "09_number_formats");
  const entry = (2 * f.scale * (f.divisor === "nothing" ? f.all : 1)) / f.counts.length;
  if (epsilon !== null && f.divisor !== "weights" && entry < epsilon)
    say("hurts", "epsilon", `The average entry of the logits' gradient is below the epsilon of ${f.optimizer}: where inputs are near one its steps shrink.`,
      `average entry at most ${general(entry, 2)}, epsilon ${general(epsilon)}`, advisedLoss(f), "05_optimizers");
}

function inTheStep(f, say) {
  const factor = Math.max(f.scale, 1 / f.scale);
  const way = f.scale > 1 ? "larger" : "smaller";
  const early = f.optimizer === "RAdam" && f.scale > 1; // its first steps, before it has variances to go by
  if ((!f.adaptive || early) && factor >= 2) {
    const acts = f.lr === null ? "" : `, so your ${general(f.lr)} acts as ${brief(f.lr * f.scale)}`;
    const ends = early ? " It can hurt, the more so the larger the factor and the rate are."
      : f.clip && f.scale > 1 ? ` Clipping at ${general(f.clip)} cuts ordinary steps too, if they are longer.` : "";
    const hurts = (f.lr === null ? 0.001 : f.lr) * f.scale * (f.divisor === "nothing" ? f.all : 1) >= 3;
    say(early ? (hurts ? "hurts" : "note") : factor >= 10 ? "breaks" : "hurts", "scale", `The weights act on ${f.optimizer}${early ? ", in its first five steps," : ""} as a learning rate ${brief(factor)} times ${way}${acts}.${ends}`,
      `the average sample weighs ${brief(f.scale)}`, advisedLoss(f), "03_gradient_scaling");
  }
  if (f.decay && f.optimizer !== "AdamW" && factor >= 2)
    say("hurts", "decay", `Weight decay stays as it is while the loss becomes ${brief(factor)} times ${way}: the minimum moves.`,
      `weight decay ${general(f.decay)} acts as ${brief(f.decay / f.scale)}`, advisedLoss(f), "05_optimizers");
  if (f.divisor !== "weights" && f.outweighs > 1 + ROUNDING) {
    const clipped = f.clip ? " Clipping cuts these steps first, and with them the weight." : "";
    say(f.adaptive ? "note" : f.outweighs >= 2 ? "breaks" : "hurts", "outweighs", `One sample of the heaviest class outweighs its batch: w_max / B is ${brief(f.outweighs)}.${clipped}`,
      `it weighs ${brief(f.heaviest)} average samples, in a step of ${whole(f.step)}`, `${advisedLoss(f)}\n${slower(f)}`, "08_batches_and_machines");
  }
}

function inTheAim(f, say) {
  if (f.sampler && f.corrects)
    say("hurts", "twice", "A balanced sampler and weights correct the same thing twice.",
      `the rarest class counts ${brief((f.lean * f.counts[f.commonest]) / f.counts[f.rarest])} times the most common one, sample for sample`, `${advisedLoss(f)}  # what the weights asked for, once; for equal classes give none`, "12_judging");
  if (f.smoothing && f.misled > 0) {
    const over = { weights: " / d.weights[y].sum()", samples: " / len(y)", nothing: "" }[f.divisor];
    say("breaks", "smoothing", "Label smoothing under these weights teaches the wrong class: the smoothing mass of every sample is multiplied by the other classes' weights.",
      `a network that knows every class is right on ${percent(1 - f.misled, 2)} of the samples${f.weights.some((w, c) => w === 0 && f.counts[c] > 0) ? " that weigh anything" : ""}`,
      `loss = (d.weights[y] * F.cross_entropy(z, y, reduction='none', label_smoothing=${general(f.smoothing)})).sum()${over}`, "11_your_loss");
  }
  if (f.divisor === "weights" && f.all < f.samples && f.nominal > 1 && f.effective / f.nominal < 0.5) {
    const more = f.step > f.all ? " More micro-batches or ranks change nothing: each divides by its own weights." : "";
    say("hurts", "batch", `Divided by the weights of each batch, the rarest class gets ${brief(f.effective)} times the weight of the most common one, not ${brief(f.nominal)} times.${more}`,
      `in a loss of ${samples(f.all)} ${percent(f.effective / f.nominal, 1)} of the ratio is left`, f.sampler ? advisedLoss(f) : draw(f), "08_batches_and_machines");
  }
  let [low, high] = [Infinity, -Infinity];
  f.shift.forEach((s, c) => { if (f.counts[c] > 0 && f.weights[c] > 0) { low = Math.min(low, s); high = Math.max(high, s); } });
  const spread = Math.exp(high - low);
  if (spread >= 2 && f.smoothing < 1) // labels smoothed to nothing teach no odds
    say("note", "calibration", "Trained as asked, the model learns weighted odds, not the frequencies of your data: correct its probabilities, if that lowers their log loss on held-out samples.", `odds between two classes shift by up to a factor ${brief(spread)}`,
      f.smoothing ? withoutSmoothing(f) : f.loss === "bce" ? "probabilities = (z - (d.shift[1] - d.shift[0])).sigmoid()" : "probabilities = (z - d.shift.to(z.device)).softmax(dim=1)", "06_choosing_weights");
}

function inTheData(f, say) {
  const n = f.counts;
  if (f.title)
    say("note", "input", `Taken as labels, but ${f.title} stands in the first line alone, as the header of a column does.`, "", "labels = labels[1:]", "10_verdict");
  if (f.doubt)
    say("note", "input", `Taken as counts, but ${f.doubt}.`, "", MISREAD[f.doubt.split(" ").at(-1)], "10_verdict");
  const occur = "labels = labels.unique(return_inverse=True)[1]  # only the classes that occur";
  const unlabelled = n.length === 256 && n[255] > 0 && n[254] === 0 && f.name(255) === "class 255";
  if (f.holding < n.length)
    say("note", "empty", `No sample of ${f.name(n.indexOf(0))}: nothing can be learnt of it. Its weight is 1, that of the average sample.`,
      `${n.length - f.holding} of ${n.length} classes without a sample`,
      unlabelled ? `d = diagnose(labels=labels, ignore_index=255)  # if 255 marks what has no label\n# else ${occur}` : occur, "10_verdict");
  const count = n[f.rarest];
  const alike = n.filter((v) => v === count).length;
  const rarest = `${f.name(f.rarest)}, ${alike === 1 ? "the rarest class" : `one of the ${thousands(String(alike))} rarest classes`}`;
  if (f.absent > 0.5 + ROUNDING && !f.equal && f.heaviest > 1 + ROUNDING)
    say("note", "absent", `Most batches hold no sample of ${rarest}.`, `${percent(f.absent, 1)} of random batches of ${whole(f.all)}`, bring(f), "08_batches_and_machines");
  if (count < 40) {
    const [whose, held] = f.equal ? ["any class", "each has"] : [`${rarest},`, "it has"];
    if (count === 1)
      say("note", "few samples", `The recall of ${whose} cannot be measured: ${held} 1 sample, to train on or to test on.`, "a quarter held out leaves none",
        f.counts[f.commonest] === 1 ? "# no class has a second sample: nothing can be tested" : "tested = d.facts.counts > 1  # take means over these classes", "06_choosing_weights");
    else
      say("note", "few samples", `The recall of ${whose} says little on one split: ${held} ${samples(count)}.`, `a quarter held out leaves ${brief(count / 4)}`,
        "from helpers.datasets import stratified_split\nsplits = [stratified_split(labels, 0.25, seed) for seed in range(10)]  # report mean and spread", "06_choosing_weights");
  }
}

// What was asked and what follows, as pairs of a name and a value: helpers/diagnosis/report.py.
export function rowsOf(f) {
  const of = (c) => `${f.name(c)}, ${samples(f.counts[c])}`;
  const room = (factor) => (factor > 1000 ? "ample" : `factor ${brief(factor)}`);
  const divisor = { weights: "divided by the weights of the batch", samples: "divided by the samples", nothing: "not divided" }[f.divisor];
  let [low, high] = [Infinity, 0];
  f.advised.forEach((w, c) => { if (f.counts[c] > 0) { low = Math.min(low, w); high = Math.max(high, w); } });
  const optimiser = [f.optimizer, f.lr === null ? "" : `lr ${general(f.lr)}`, f.momentum ? `momentum ${general(f.momentum)}` : "",
    f.decay ? `weight decay ${general(f.decay)}` : "", f.clip ? `clip ${general(f.clip)}` : ""].filter(Boolean).join(", ");
  const step = f.step === f.all ? "" : `, times ${f.accumulation} micro-batches and ${f.ranks} ranks: ${whole(f.step)} a step`;
  return [
    ["classes and samples", `${thousands(String(f.counts.length))} and ${samples(f.samples)}`],
    ...(f.equal ? [] : [["rarest class", of(f.rarest)], ["most common class", of(f.commonest)]]),
    ["order of the classes", f.order],
    ["scheme", f.called + (f.sampler ? ", beside a balanced sampler" : "")],
    ["loss", `${f.loss}, ${f.reduction}: ${divisor}${f.smoothing ? `, label smoothing ${general(f.smoothing)}` : ""}`],
    ["optimiser", optimiser],
    ["batch", (f.batch === null ? "all samples" : samples(f.batch)) + step],
    ["format", `${f.dtype}${f.autocast ? ", autocast" : ""}${f.state === f.dtype ? "" : `, state ${f.state}`}`],
    ["weights, as they are", `${brief(f.least)} to ${brief(f.largest)}`],
    ["weights advised (sample mean one)", `${brief(low)} to ${brief(high)}`],
    ["lr advised for them", (f.lr === null ? `${brief(f.factor)} of yours` : brief(f.newLr)) + (f.clip ? ", measured without clipping" : "")],
    ["scale of the loss", `${brief(f.scale)} times that without weights`],
    ...(f.equal ? [] : [["batches without the rarest class", percent(f.absent, 1)]]),
    ["weight ratio, rarest to most common", brief(f.nominal)],
    ...(f.divisor === "weights" && f.all < f.samples ? [["ratio that the batch lets through", brief(f.effective)]] : []),
    ["heaviest sample against its step, w_max / B", brief(f.outweighs)],
    ["room in the format, above and below", `${room(f.above)} and ${room(f.below)}`],
  ];
}
