#include "truckee/codec/erasure/erasure_code.hpp"

#include "truckee/codec/erasure/galois.hpp"

#include <algorithm>
#include <array>
#include <bitset>
#include <isa-l/erasure_code.h>
#include <vector>

namespace truckee::codec {

namespace {

constexpr std::size_t table_bytes = 32; // of ISA-L, for each coefficient

/// Below one vector register's width ISA-L falls back to scalar code.
constexpr std::size_t vector_bytes = 64;

/// So many bytes of each piece at a time that all of a tile's pieces stay in the first-level cache.
std::size_t tile_size(std::size_t needed) {
  return std::clamp<std::size_t>(32768 / needed, 1024, 4096) / vector_bytes * vector_bytes;
}

bytes expand(byte_view rows, std::size_t needed) {
  bytes tables(rows.size() * table_bytes);
  // ISA-L takes its input as non-const but only reads it.
  auto* coefficients = reinterpret_cast<unsigned char*>(const_cast<std::byte*>(rows.data()));
  ec_init_tables(static_cast<int>(needed), static_cast<int>(rows.size() / needed), coefficients,
                 reinterpret_cast<unsigned char*>(tables.data()));
  return tables;
}

using pointers = std::array<unsigned char*, 256>;

void multiply_tile(std::size_t length, byte_view tables, std::size_t sources, std::size_t targets,
                   pointers& from, pointers& to) {
  auto* read_only = reinterpret_cast<unsigned char*>(const_cast<std::byte*>(tables.data()));
  ec_encode_data(static_cast<int>(length), static_cast<int>(sources), static_cast<int>(targets), read_only,
                 from.data(), to.data());
}

/// Pieces shorter than a vector register, by way of padded copies.
void multiply_short(byte_view tables, std::span<const byte_view> from,
                    std::span<const mutable_byte_view> to) {
  bytes scratch((from.size() + to.size()) * vector_bytes);
  const auto slot = [&](std::size_t i) { return scratch.data() + i * vector_bytes; };
  pointers sources{};
  pointers targets{};
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::copy(from[i].begin(), from[i].end(), slot(i));
    sources[i] = reinterpret_cast<unsigned char*>(slot(i));
  }
  for (std::size_t i = 0; i < to.size(); ++i)
    targets[i] = reinterpret_cast<unsigned char*>(slot(from.size() + i));
  multiply_tile(vector_bytes, tables, from.size(), to.size(), sources, targets);
  for (std::size_t i = 0; i < to.size(); ++i)
    std::copy_n(slot(from.size() + i), to[i].size(), to[i].data());
}

/// to = matrix * from, over regions of one size.
void multiply(byte_view tables, std::span<const byte_view> from, std::span<const mutable_byte_view> to) {
  if (to.empty() || from.front().empty())
    return;
  const auto size = from.front().size();
  if (size < vector_bytes)
    return multiply_short(tables, from, to);
  const auto tile = tile_size(from.size());
  for (std::size_t at = 0; at < size;) {
    auto length = std::min(tile, size - at);
    if (const auto rest = size - at - length; rest < vector_bytes)
      length += rest; // a last tile narrower than a vector would be scalar work
    pointers sources{};
    pointers targets{};
    for (std::size_t i = 0; i < from.size(); ++i)
      sources[i] = reinterpret_cast<unsigned char*>(const_cast<std::byte*>(from[i].data() + at));
    for (std::size_t i = 0; i < to.size(); ++i)
      targets[i] = reinterpret_cast<unsigned char*>(to[i].data() + at);
    multiply_tile(length, tables, from.size(), to.size(), sources, targets);
    at += length;
  }
}

std::vector<std::uint8_t> numbers(unsigned first, unsigned end) {
  std::vector<std::uint8_t> out;
  for (unsigned i = first; i < end; ++i)
    out.push_back(static_cast<std::uint8_t>(i));
  return out;
}

/// k distinct blocks, pieces of the data itself first: they cost nothing.
std::vector<numbered_block> choose(std::span<const numbered_block> blocks, std::size_t needed) {
  std::vector<numbered_block> chosen;
  std::bitset<256> taken;
  const auto take = [&](bool primary) {
    for (const auto& block : blocks) {
      const auto number = block.share.value;
      if (chosen.size() < needed && (number < needed) == primary && !taken[number]) {
        taken.set(number);
        chosen.push_back(block);
      }
    }
  };
  take(true);
  take(false);
  return chosen;
}

} // namespace

bytes interpolation_rows(std::span<const std::uint8_t> nodes, std::span<const std::uint8_t> targets) {
  using galois::point;
  const auto log_difference = [](std::uint8_t a, std::uint8_t b) -> unsigned {
    return galois::table.log[point(a) ^ point(b)];
  };
  std::vector<unsigned> denominators; // logarithms of the products over all other nodes
  for (const auto c : nodes) {
    unsigned sum = 0;
    for (const auto m : nodes)
      sum += m == c ? 0 : log_difference(c, m);
    denominators.push_back(sum % galois::order);
  }
  bytes rows;
  rows.reserve(nodes.size() * targets.size());
  for (const auto t : targets) {
    const bool is_node = std::find(nodes.begin(), nodes.end(), t) != nodes.end();
    unsigned product = 0;
    for (const auto m : nodes)
      product += m == t ? 0 : log_difference(t, m);
    for (std::size_t c = 0; c < nodes.size(); ++c) {
      if (is_node) {
        rows.push_back(nodes[c] == t ? std::byte{1} : std::byte{0});
        continue;
      }
      const auto down = denominators[c] + log_difference(t, nodes[c]);
      rows.push_back(
          static_cast<std::byte>(galois::table.exp[(product + 2 * galois::order - down) % galois::order]));
    }
  }
  return rows;
}

result<std::shared_ptr<const erasure_code>> erasure_code::make(encoding shape) {
  if (const auto checked = make_encoding(shape.needed, shape.total); !checked)
    return tl::unexpected(checked.error());
  const auto rows = interpolation_rows(numbers(0, shape.needed), numbers(shape.needed, shape.total));
  return std::shared_ptr<const erasure_code>(new erasure_code(shape, expand(rows, shape.needed)));
}

void erasure_code::encode(std::span<const byte_view> pieces,
                          std::span<const mutable_byte_view> checks) const {
  multiply(tables_, pieces, checks);
}

result<void> erasure_code::decode(std::span<const numbered_block> blocks,
                                  std::span<const mutable_byte_view> pieces) const {
  const std::size_t needed = shape_.needed;
  const auto chosen = choose(blocks, needed);
  if (chosen.size() < needed)
    return fail(errc::not_enough_shares, std::to_string(needed) + " different blocks are needed, " +
                                             std::to_string(chosen.size()) + " are here");
  if (pieces.size() != needed)
    return fail(errc::internal, "there must be as many pieces to fill as blocks are needed");
  for (const auto& block : chosen)
    if (block.share.value >= shape_.total || block.block.size() != pieces.front().size())
      return fail(errc::malformed, "block " + std::to_string(block.share.value) + " with " +
                                       std::to_string(block.block.size()) +
                                       " bytes does not belong to this file");
  std::vector<std::uint8_t> nodes;
  std::vector<byte_view> from;
  std::bitset<256> here;
  for (const auto& [share, block] : chosen) {
    nodes.push_back(share.value);
    from.push_back(block);
    here.set(share.value);
    if (share.value < needed && !block.empty() && pieces[share.value].data() != block.data())
      std::memcpy(pieces[share.value].data(), block.data(), block.size());
  }
  std::vector<std::uint8_t> absent;
  std::vector<mutable_byte_view> to;
  for (const auto number : numbers(0, shape_.needed))
    if (!here[number]) {
      absent.push_back(number);
      to.push_back(pieces[number]);
    }
  if (!absent.empty())
    multiply(expand(interpolation_rows(nodes, absent), needed), from, to);
  return {};
}

result<std::shared_ptr<const erasure_code>> erasure_codes::get(encoding shape) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = made_.find(shape); found != made_.end())
      return found->second;
  }
  auto code = erasure_code::make(shape);
  if (code) {
    const std::lock_guard lock(mutex_);
    if (made_.size() >= codes_max)
      made_.clear(); // many shapes in one process are unheard of; making one again costs microseconds
    made_.emplace(shape, *code);
  }
  return code;
}

} // namespace truckee::codec
