#include "side.hpp"

#include <fmt/format.h>

namespace truckee::bench {

namespace {

/// Of a share of a file of 1 KiB, 3 of 10, about.
constexpr std::size_t share_bytes = 2048;

} // namespace

crowd::crowd(const place& where) : where_(where), store_(open_store(where, 0)) {}

/// Any number has its own, spread over all prefixes.
storage_index crowd::slot_of(std::size_t number) const {
  std::uint64_t x = number * 0x9e3779b97f4a7c15 + 0x1234567;
  storage_index out;
  for (auto& b : out.view()) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    b = static_cast<std::byte>(x >> 32);
  }
  return out;
}

void crowd::write(std::size_t number, bool is_new) {
  grid::read_test_write request;
  request.slot = slot_of(number);
  auto& change = request.changes.emplace_back();
  change.share = {0};
  if (is_new)
    change.tests.push_back({0, 1, {}});
  change.writes.push_back({0, content_of(share_bytes, number + next_)});
  if (const auto answer = store_->read_test_write(request); answer.status != grid::storage_status::ok)
    give_up(fmt::format("slot {}: {} {}", number, to_string(answer.status), answer.detail));
}

void crowd::fill(std::size_t slots) {
  for (; slots_ < slots; ++slots_)
    write(slots_, true);
}

void crowd::update(std::size_t times) {
  for (std::size_t i = 0; i < times; ++i)
    write((next_ += 7919) % slots_, false);
}

void crowd::read(std::size_t times) {
  for (std::size_t i = 0; i < times; ++i)
    if (store_->read({slot_of((next_ += 7919) % slots_), {}, {{0, share_bytes}}}).reads.size() != 1)
      give_up("a share is not there");
}

void crowd::reopen() {
  store_.reset();
  store_ = open_store(where_, 0);
}

} // namespace truckee::bench
