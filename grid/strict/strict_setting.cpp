#include "truckee/grid/strict/strict_setting.hpp"

#include "truckee/grid/strict/writer_note.hpp"

#include <algorithm>
#include <set>
#include <string>

namespace truckee::grid {

namespace {

std::size_t divided_up(std::size_t a, std::size_t b) {
  return (a + b - 1) / b;
}

/// No server holds so many shares of one version that few of them are a version, unless there are few of them.
std::size_t most_shares(std::size_t k, std::size_t n, std::size_t servers) {
  if (servers == 1)
    return n;
  const auto third = std::max<std::size_t>(1, n / 3);
  return third * servers < k ? divided_up(k, servers) : third;
}

/// One server for one other at the same place, and nothing else, is what has been proved.
result<void> check_others(const strict_choice& x) {
  if (x.others.empty())
    return {};
  std::size_t differ = x.others.size() == x.servers.size() ? 0 : 2;
  for (std::size_t place = 0; differ < 2 && place < x.servers.size(); ++place)
    if (x.others[place] != x.servers[place])
      differ += std::ranges::find(x.servers, x.others[place]) == x.servers.end() ? 1 : 2;
  if (differ > 1)
    return fail(errc::configuration, "two sets of servers may differ by one server, at one place");
  if (x.rounds != 1)
    return fail(errc::configuration, "with rounds = 2 no server may be exchanged while writers run");
  return {};
}

result<void> check(const strict_choice& x) {
  if (x.k == 0 || x.k > x.n)
    return fail(errc::configuration, "k and N must be 1 <= k <= N <= 255, not " + std::to_string(x.k) +
                                         " of " + std::to_string(x.n));
  if (x.servers.empty())
    return fail(errc::configuration, "the strict order needs to know the grid's servers, and there are none");
  if (std::set(x.servers.begin(), x.servers.end()).size() != x.servers.size())
    return fail(errc::configuration, "a server is there twice");
  if (x.rounds != 1 && x.rounds != 2)
    return fail(errc::configuration, "rounds must be 1 or 2, not " + std::to_string(x.rounds));
  if (x.rounds == 2 && x.liars > 0)
    return fail(errc::configuration, "rounds = 2 holds only where no server lies; with liars = " +
                                         std::to_string(x.liars) + " take rounds = 1");
  return check_others(x);
}

} // namespace

strict_setting::strict_setting(strict_choice choice) : choice_(std::move(choice)) {
  for (auto* set : {&choice_.servers, &choice_.others})
    if (set->size() > choice_.n)
      set->resize(choice_.n);
  all_ = choice_.servers;
  for (std::size_t place = 0; place < choice_.others.size(); ++place)
    if (choice_.others[place] != choice_.servers[place]) {
      shared_ = shared_place{place, choice_.servers[place], choice_.others[place]};
      all_.push_back(choice_.others[place]);
    }
  most_ = most_shares(k(), n(), places());
  most_held_ = 0;
  least_held_ = n();
  for (std::size_t place = 0; place < places(); ++place) {
    most_held_ = std::max(most_held_, shares_at(place));
    least_held_ = std::min(least_held_, shares_at(place));
  }
}

std::size_t strict_setting::shares_at(std::size_t place) const {
  return std::min(most_, divided_up(n() - place, places()));
}

std::optional<std::size_t> strict_setting::place_of(const server_id& server) const {
  if (shared_ && shared_->other == server)
    return shared_->place;
  const auto at = std::ranges::find(choice_.servers, server);
  return at == choice_.servers.end() ? std::nullopt
                                     : std::optional<std::size_t>(at - choice_.servers.begin());
}

bool strict_setting::is_enough(std::size_t servers) const {
  const auto m = places();
  if (rounds() == 2) // two sets of them share servers with k shares
    return 2 * servers >= m + divided_up(k(), least_held_) && servers * least_held_ >= k();
  const auto b = liars();
  // Those that may be without a version cannot make another one readable, and those that have it can be read.
  return (m - servers + b) * most_held_ < k() && servers > b && (servers - b) * least_held_ >= k();
}

result<strict_setting> strict_setting::make(strict_choice choice) {
  if (auto fine = check(choice); !fine)
    return tl::unexpected(fine.error());
  strict_setting out(std::move(choice));
  const auto m = out.places();
  std::size_t servers = 1;
  while (servers <= m && !out.is_enough(servers))
    ++servers;
  if (servers > m)
    return fail(errc::configuration, std::to_string(out.k()) + " of " + std::to_string(out.n()) + " on " +
                                         std::to_string(m) + (m == 1 ? " server" : " servers") +
                                         " with liars = " + std::to_string(out.liars()) +
                                         " cannot be kept strictly, not even by all of them: take fewer "
                                         "liars, more servers, or a smaller k");
  out.confirming_ = servers;
  out.heard_ = std::min(m, m - servers + divided_up(out.k(), out.least_held_) + out.liars());
  if (out.shared_ && out.neighbour()) {
    const auto& of = out.choice_;
    const auto alone = make({of.k, of.n, of.servers, of.liars, of.rounds});
    out.counts_alone_ = alone && hash_of(*alone) == out.neighbour();
  }
  return out;
}

result<std::size_t> servers_that_confirm(std::uint8_t k, std::uint8_t n, std::size_t servers,
                                         const strict_terms& terms) {
  strict_choice choice{k, n, {}, terms.liars, terms.rounds};
  for (std::size_t i = 0; i < servers; ++i) {
    server_id number;
    store_be(number.view().first(8), std::uint64_t{i});
    choice.servers.push_back(number);
  }
  return strict_setting::make(std::move(choice)).map([](const strict_setting& made) {
    return made.confirming();
  });
}

result<void> can_be_strict(std::uint8_t k, std::uint8_t n, std::size_t servers, const strict_terms& terms) {
  return servers_that_confirm(k, n, servers, terms).map([](std::size_t) {});
}

} // namespace truckee::grid
