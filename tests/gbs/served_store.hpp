#pragma once

#include "truckee/base/overloaded.hpp"
#include "truckee/gbs/limits.hpp"
#include "truckee/gbs/nurl.hpp"
#include "truckee/gbs/server/server.hpp"
#include "truckee/gbs/server/wire.hpp"
#include "truckee/storage/memory_store.hpp"
#include "truckee/tls/self_signed.hpp"

#include <array>
#include <atomic>
#include <stdexcept>

namespace truckee::test {

/// Truckee's own server of the protocol before a store in memory, which is asked in the server's thread.
class served_store {
public:
  explicit served_store(secret_text swissnum = "swissnumofthetest",
                        http::front_limits limits = gbs::default_server_limits())
    : swissnum_(std::move(swissnum)) {
    storage::memory_store_options options;
    options.id = key().id;
    store = storage::make_memory_store(std::move(options), [] { return std::uint64_t{1'700'000'000}; });
    auto started = gbs::server::start({.pem = key().pem,
                                       .swissnum = swissnum_,
                                       .limits = limits,
                                       .serve =
                                           [this](gbs::asked what, gbs::replier to) {
                                             ++served;
                                             to(answer(what));
                                           },
                                       .rejected = [this](http::rejection why) { ++of(why); }});
    if (!started)
      throw std::runtime_error(to_string(started.error()));
    server = std::move(*started);
  }

  gbs::nurl nurl() const {
    gbs::nurl out{{}, server->listening(), swissnum_};
    out.pin.data = key().key.data;
    return out;
  }
  int rejected(http::rejection why) { return of(why); }

  /// Made once: it takes a while.
  static const tls::self_signed& key() {
    static const auto out = *tls::make_self_signed();
    return out;
  }

  std::unique_ptr<storage::share_store> store;
  std::atomic<int> served = 0; ///< requests that came as far as the store
  std::vector<std::string> advice;
  std::unique_ptr<gbs::server> server; ///< last: ends first

private:
  std::atomic<int>& of(http::rejection why) { return rejected_.at(static_cast<std::size_t>(why)); }

  gbs::response answer(const gbs::asked& what) {
    return std::visit(
        overloaded{
            [&](const gbs::version_asked&) {
              const auto info = store->info();
              return gbs::version_answer(info, info.bytes_available);
            },
            [&](const gbs::shares_asked& x) {
              return gbs::list_answer_of(store->read({x.slot, {}, {}}));
            },
            [&](const gbs::share_asked& x) {
              const auto range = x.range.value_or(grid::read_vector{0, gbs::range_bytes_max});
              return gbs::answer_of(x, store->read({x.slot, {x.share}, {range}}));
            },
            [&](const grid::read_test_write& x) { return gbs::answer_of(store->read_test_write(x)); },
            [&](const gbs::lease_asked& x) {
              const auto done = store->add_lease(x.slot, x.renew, x.cancel);
              return gbs::lease_answer_of(done.status, done.detail);
            },
            [&](const gbs::advice_given& x) {
              if (store->read({x.slot, {x.share}, {}}).reads.empty())
                return gbs::bare(404);
              advice.push_back(x.reason);
              return gbs::bare(200);
            },
        },
        what);
  }

  secret_text swissnum_;
  std::array<std::atomic<int>, http::rejection_words.size()> rejected_{};
};

} // namespace truckee::test
