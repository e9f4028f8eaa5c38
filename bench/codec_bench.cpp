#include "truckee/base/worker_pool.hpp"
#include "truckee/codec/block_hash.hpp"
#include "truckee/codec/sdmf/decode.hpp"
#include "truckee/codec/sdmf/encode.hpp"
#include "truckee/codec/sdmf/share.hpp"
#include "truckee/crypto/aes_ctr.hpp"
#include "truckee/shares/file_memory.hpp"
#include "truckee/shares/sighting.hpp"

#include <benchmark/benchmark.h>
#include <fstream>
#include <random>

/// What each stage of a publish costs, at 3-of-10. Stage columns are microseconds a publish.
namespace {

using namespace truckee;
using namespace truckee::codec;

constexpr encoding three_of_ten{3, 10};

bytes read_file(const std::string& name) {
  std::ifstream in(std::string(TRUCKEE_TEST_DATA) + "/vectors/" + name, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return to_bytes(as_bytes(text));
}

const crypto::file_keys& some_keys() {
  static const crypto::file_keys keys(*crypto::private_key::from_der(read_file("keys/key0.pkcs8.der")));
  return keys;
}

bytes content_of(std::size_t size) {
  bytes out(size);
  std::mt19937_64 engine(1);
  for (auto& b : out)
    b = static_cast<std::byte>(engine());
  return out;
}

struct world {
  explicit world(std::size_t threads, bool pooled = true) : workers(threads) {
    context.buffers = pooled ? &buffers : nullptr;
  }
  worker_pool workers;
  erasure_codes codes;
  buffer_pool buffers{std::size_t{1} << 27};
  codec_context context{system_random(), workers, codes};

  encoded_file encode(byte_view content) {
    return *sdmf::encode({content, three_of_ten, sequence_number{1}, some_keys()}, context);
  }
};

void encode(benchmark::State& state) {
  world here(static_cast<std::size_t>(state.range(1)), state.range(2) != 0);
  const auto content = content_of(static_cast<std::size_t>(state.range(0)));
  encode_timings sum;
  for (auto _ : state) {
    const auto file = here.encode(content);
    for (const auto which : encode_stages)
      sum.at(which) += file.timings.at(which);
  }
  const auto mean = [](double seconds) {
    return benchmark::Counter(seconds * 1e6, benchmark::Counter::kAvgIterations);
  };
  for (const auto which : encode_stages) {
    const auto number = std::to_string(index_of(which) + 1);
    state.counters[number + "_" + std::string(to_word(which))] = mean(sum.at(which));
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(encode)
    ->ArgNames({"bytes", "threads", "pooled"})
    ->ArgsProduct({{1 << 10, 1 << 16, 1 << 20, 1 << 24}, {0, 1}, {0, 1}})
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime();

/// From the last three shares: all pieces of the data have to be computed.
void decode(benchmark::State& state) {
  world here(0);
  const auto content = content_of(static_cast<std::size_t>(state.range(0)));
  const auto file = here.encode(content);
  std::vector<numbered_block> blocks;
  for (std::uint8_t i = 7; i < 10; ++i)
    blocks.push_back({{i}, sdmf::parse_share(file.shares[i].view())->share_data});
  for (auto _ : state)
    benchmark::DoNotOptimize(sdmf::decode(file.header, some_keys().read, blocks, here.codes));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(decode)->Arg(1 << 10)->Arg(1 << 16)->Arg(1 << 20)->Arg(1 << 24)->Unit(benchmark::kMicrosecond);

void verify_one_share(benchmark::State& state) {
  world here(0);
  const auto file = here.encode(content_of(static_cast<std::size_t>(state.range(0))));
  for (auto _ : state)
    benchmark::DoNotOptimize(
        sdmf::verify_share(*sdmf::parse_share(file.shares[4].view()), {4}, some_keys().fingerprint));
}
BENCHMARK(verify_one_share)->Arg(1 << 10)->Arg(1 << 20)->Unit(benchmark::kMicrosecond);

/// What a map makes of ten servers' answers: as a gateway does that remembers what it proved, and as one that does not.
void look_at_ten(benchmark::State& state) {
  world here(0);
  const auto file = here.encode(content_of(1024));
  auto access = shares::access_to({crypto::file_format::sdmf, some_keys().write, some_keys().fingerprint});
  if (state.range(0) != 0)
    access.memory = std::make_shared<shares::file_memory>();
  for (auto _ : state)
    for (std::uint8_t i = 0; i < 10; ++i) {
      grid::slot_read_answer answer;
      answer.reads[{i}] = {file.shares.at(i)};
      const auto seen = shares::look_at(access, answer, shares::first_read_size, i == 0);
      if (seen.answer.good.size() != 1)
        state.SkipWithError("a good share was refused");
    }
}
BENCHMARK(look_at_ten)->ArgName("memory")->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

void aes(benchmark::State& state) {
  auto data = content_of(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state)
    crypto::aes_ctr(some_keys().read).apply(data, data);
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(aes)->Arg(1 << 10)->Arg(1 << 16)->Arg(1 << 20);

void hash(benchmark::State& state) {
  const auto data = content_of(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state)
    benchmark::DoNotOptimize(block_hash(data));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(hash)->Arg(64)->Arg(1 << 16)->Arg(1 << 20);

/// Ten blocks in one thread: one after the other, and as a publish hashes them.
void hash_ten(benchmark::State& state) {
  const bool one_by_one = state.range(1) == 0;
  const auto size = static_cast<std::size_t>(state.range(0));
  const auto data = content_of(10 * size);
  std::vector<byte_view> blocks;
  for (std::size_t i = 0; i < 10; ++i)
    blocks.push_back(byte_view(data).subspan(i * size, size));
  worker_pool none(0);
  for (auto _ : state) {
    if (one_by_one)
      for (const auto block : blocks)
        benchmark::DoNotOptimize(block_hash(block));
    else
      benchmark::DoNotOptimize(hash_many(blocks, none));
  }
  state.SetBytesProcessed(state.iterations() * 10 * state.range(0));
}
BENCHMARK(hash_ten)->ArgNames({"bytes", "many"})->ArgsProduct({{342, 2048, 20480, 349526}, {0, 1}});

void erasure(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const auto code = *erasure_code::make(three_of_ten);
  std::vector<buffer> regions;
  for (int i = 0; i < 10; ++i)
    std::fill_n(regions.emplace_back(size).data(), size, static_cast<std::byte>(i));
  std::vector<byte_view> pieces;
  std::vector<mutable_byte_view> checks;
  for (std::size_t i = 0; i < 10; ++i)
    if (i < 3)
      pieces.push_back(regions[i].view());
    else
      checks.push_back(regions[i].view());
  for (auto _ : state)
    code->encode(pieces, checks);
  state.SetBytesProcessed(state.iterations() * state.range(0) * 3);
}
BENCHMARK(erasure)->Arg(17)->Arg(342)->Arg(21846)->Arg(349526)->Arg(5592406);

void make_code(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(erasure_code::make(
        {static_cast<std::uint8_t>(state.range(0)), static_cast<std::uint8_t>(state.range(1))}));
}
BENCHMARK(make_code)->Args({3, 10})->Args({64, 96})->Args({127, 255})->Unit(benchmark::kMicrosecond);

void sign(benchmark::State& state) {
  const bytes message(75);
  for (auto _ : state)
    benchmark::DoNotOptimize(some_keys().signing.sign(message, crypto::pss_salt{}));
}
BENCHMARK(sign)->Unit(benchmark::kMicrosecond);

/// By a key that was just read, as a publish did that kept none.
void sign_fresh(benchmark::State& state) {
  const bytes message(75);
  const auto der = read_file("keys/key0.pkcs8.der");
  for (auto _ : state) {
    state.PauseTiming();
    const auto key = *crypto::private_key::from_der(der);
    state.ResumeTiming();
    benchmark::DoNotOptimize(key.sign(message, crypto::pss_salt{}));
  }
}
BENCHMARK(sign_fresh)->Unit(benchmark::kMicrosecond);

void verify_signature(benchmark::State& state) {
  const bytes message(75);
  const auto made = *some_keys().signing.sign(message, crypto::pss_salt{});
  for (auto _ : state)
    benchmark::DoNotOptimize(some_keys().signing.public_half().verify(message, made.view()));
}
BENCHMARK(verify_signature)->Unit(benchmark::kMicrosecond);

void parse_private_key(benchmark::State& state) {
  const auto der = read_file("keys/key0.pkcs8.der");
  for (auto _ : state)
    benchmark::DoNotOptimize(crypto::private_key::from_der(der));
}
BENCHMARK(parse_private_key)->Unit(benchmark::kMicrosecond);

void parse_public_key(benchmark::State& state) {
  const auto der = read_file("keys/key0.spki.der");
  for (auto _ : state)
    benchmark::DoNotOptimize(crypto::public_key::from_der(der));
}
BENCHMARK(parse_public_key)->Unit(benchmark::kMicrosecond);

} // namespace
