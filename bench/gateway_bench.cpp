#include "truckee/actors/node/client_node.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <iostream>
#include <map>
#include <optional>

// What each stage of a publish and a read takes through the whole client: gateway, actors, ten storage
// servers in this process, each over a directory. Prints a Markdown table of medians in milliseconds.
//
// gateway_bench [DIRECTORY [ROUNDS [KEPT_MIB]]]: stores go below DIRECTORY/full and DIRECTORY/none (default:
// ./gateway-bench), which should be on the kind of disk that matters; what lies there is removed first.
// KEPT_MIB: memory of share buffers kept for the next publish, 0 for none.
namespace {

using namespace truckee;
using clock_type = std::chrono::steady_clock;

const std::vector<std::string> columns{"map",  "encrypt", "encode", "hash", "sign",
                                       "pack", "push",    "read",   "total"};

/// The samples of one operation, by stage.
using samples = std::map<std::string, std::vector<double>>;

double median(std::vector<double> x) {
  if (x.empty())
    return 0;
  std::sort(x.begin(), x.end());
  return x.size() % 2 == 1 ? x[x.size() / 2] : (x[x.size() / 2 - 1] + x[x.size() / 2]) / 2;
}

double sum_of(const std::vector<messages::stage_seconds>& stages) {
  double sum = 0;
  for (const auto& stage : stages)
    sum += stage.seconds;
  return sum;
}

void note(samples& to, const std::vector<messages::stage_seconds>& stages, double total) {
  for (const auto& stage : stages)
    to[std::string(to_word(stage.which))].push_back(stage.seconds * 1e3);
  to["total"].push_back(total * 1e3);
}

/// Same size, same seed, same bytes; not compressible, though nothing here compresses.
shared_bytes content_of(std::size_t size, std::uint64_t seed) {
  buffer out(size);
  std::uint64_t x = seed * 0x9e3779b97f4a7c15 + 1;
  for (auto& b : out.view()) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    b = static_cast<std::byte>(x);
  }
  return shared_bytes(std::move(out));
}

template <class Reply>
const Reply& must(const Reply& reply) {
  if (!reply.ok) {
    std::cerr << "gateway_bench: " << to_string(reply.failure) << std::endl;
    std::exit(1);
  }
  return reply;
}

template <class Request>
auto timed(actors::client_node& client, Request request) {
  const auto start = clock_type::now();
  auto reply = client.ask(std::move(request));
  return std::pair(must(reply), std::chrono::duration<double>(clock_type::now() - start).count());
}

void print_row(const std::string& size, const char* what, const samples& of) {
  std::string row = fmt::format("| {} | {} |", size, what);
  for (const auto& column : columns) {
    const auto at = of.find(column);
    const auto value = at == of.end() ? 0 : median(at->second);
    row += value == 0 ? std::string(" |")
                      : fmt::format(" {:.{}f} |", value,
                                    value < 0.095  ? 3
                                    : value < 9.95 ? 2
                                                   : 1);
  }
  std::cout << row << std::endl;
}

void measure(actors::client_node& client, std::size_t size, const std::string& name, int rounds) {
  samples create, update, read;
  std::vector<double> keys;
  std::string cap;
  for (int i = 0; i < rounds; ++i) {
    const auto content = content_of(size, static_cast<std::uint64_t>(i));
    if (i < std::max(3, rounds / 3)) { // each needs a new key, which takes longer than all the rest
      const auto [made, took] = timed(client, messages::publish_request{.content = content});
      cap = made.write_cap;
      const auto stages = sum_of(made.stages);
      note(create, made.stages, stages);
      keys.push_back((took - stages) * 1e3);
    }
    const auto [put, put_took] =
        timed(client, messages::publish_request{.write_cap = cap, .content = content});
    note(update, put.stages, put_took);
    const auto [got, get_took] = timed(client, messages::retrieve_request{.cap = cap});
    if (got.content != content) {
      std::cerr << "gateway_bench: what was read is not what was written\n";
      std::exit(1);
    }
    note(read, got.stages, get_took);
  }
  print_row(name, "create¹", create);
  print_row(name, "update", update);
  print_row(name, "read", read);
  std::cerr << fmt::format("{}: a new key took {:.0f} ms (median of {})\n", name, median(keys), keys.size());
}

void measure_all(const std::filesystem::path& home, storage::durability durability, const char* name,
                 int rounds, int kept_mib) {
  std::filesystem::remove_all(home);
  auto client =
      actors::client_node::start({.grid = settings::embedded_grid(home),
                                  .data_home = home,
                                  .durability = durability,
                                  .kept_buffer_bytes_max = static_cast<std::size_t>(kept_mib) << 20});
  if (!client) {
    std::cerr << "gateway_bench: " << to_string(client.error()) << std::endl;
    std::exit(1);
  }
  std::cout << "\nDurability " << name << ", medians in ms:\n\n| size | operation |";
  for (const auto& column : columns)
    std::cout << " " << column << " |";
  std::cout << "\n|---|---|";
  for (std::size_t i = 0; i < columns.size(); ++i)
    std::cout << "---|";
  std::cout << std::endl;
  measure(**client, 1 << 10, "1 KiB", rounds);
  measure(**client, 1 << 16, "64 KiB", rounds);
  measure(**client, 1 << 20, "1 MiB", rounds);
  measure(**client, 1 << 24, "16 MiB", std::max(3, rounds / 3));
  client->reset();
  std::filesystem::remove_all(home);
}

/// Up to six digits.
std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (bad != std::errc() || end != text.data() + text.size() || value < 0 || value > 999'999)
    return std::nullopt;
  return value;
}

} // namespace

int main(int argc, char** argv) {
  const std::filesystem::path home = argc > 1 ? argv[1] : "gateway-bench";
  const auto rounds = argc > 2 ? number(argv[2]) : std::optional(31);
  const auto kept = argc > 3 ? number(argv[3]) : std::optional(128);
  if (!rounds || *rounds < 1 || !kept) {
    std::cerr
        << "usage: gateway_bench [DIRECTORY [ROUNDS [KEPT_MIB]]]; both are numbers, ROUNDS at least 1\n";
    return 2;
  }
  measure_all(home / "full", storage::durability::full, "full", *rounds, *kept);
  measure_all(home / "none", storage::durability::none, "none", *rounds, *kept);
  std::cout << "\n¹ without the key: the total is the sum of the stages\n";
}
