#pragma once

#include "actors/test_grid.hpp"

/// What lies in the stores of a test grid, seen and changed behind everybody's back.
namespace truckee::test {

using stored_share = std::pair<share_number, bytes>;

class stored_shares {
public:
  explicit stored_shares(test_grid& grid, int key = 0)
    : grid_(grid), keys_(vector_key(key)),
      slot_(shares::access_to({crypto::file_format::sdmf, keys_.write, keys_.fingerprint}).slot) {}

  std::vector<stored_share> at(std::size_t server) const {
    std::vector<stored_share> out;
    const auto answer = grid_.scripts[server]->store->read({slot_, {}, {{0, UINT64_MAX}}});
    for (const auto& [number, reads] : answer.reads)
      out.emplace_back(number, to_bytes(reads.at(0).view()));
    return out;
  }
  /// Of every server, in their order.
  std::vector<std::vector<stored_share>> all() const {
    std::vector<std::vector<stored_share>> out;
    for (std::size_t i = 0; i < grid_.scripts.size(); ++i)
      out.push_back(at(i));
    return out;
  }
  std::size_t count() const {
    std::size_t out = 0;
    for (const auto& each : all())
      out += each.size();
    return out;
  }

  /// The server holds these shares and no others.
  void set(std::size_t server, const std::vector<stored_share>& shares) {
    for (const auto& [number, old] : at(server))
      change(server, {number, {}, {}, std::uint64_t{0}});
    for (const auto& [number, content] : shares)
      change(server, {number, {}, {{0, shared_bytes(bytes(content))}}, content.size()});
  }
  void set_all(const std::vector<std::vector<stored_share>>& shares) {
    for (std::size_t i = 0; i < shares.size(); ++i)
      set(i, shares[i]);
  }
  void lose(std::size_t server) { set(server, {}); }

  /// One bit of every share on the server is another one.
  void flip(std::size_t server, std::uint64_t offset) {
    auto shares = at(server);
    for (auto& [number, content] : shares)
      content.at(offset) ^= std::byte{1};
    set(server, shares);
  }
  codec::share_layout layout(std::size_t server) const {
    return codec::sdmf::parse_layout(at(server).at(0).second).value();
  }

private:
  void change(std::size_t server, grid::share_change what) {
    auto& store = *grid_.scripts[server]->store;
    grid::read_test_write x;
    x.slot = slot_;
    x.secrets.write_enabler = crypto::derive_write_enabler(keys_.write, store.info().id);
    x.changes.push_back(std::move(what));
    const auto done = store.read_test_write(x);
    if (done.status != grid::storage_status::ok)
      throw std::runtime_error("a test cannot change a store: " + done.detail);
  }

  test_grid& grid_;
  crypto::file_keys keys_;
  storage_index slot_;
};

} // namespace truckee::test
