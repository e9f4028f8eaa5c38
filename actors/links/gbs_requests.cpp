#include "truckee/actors/links/gbs_requests.hpp"

#include "truckee/gbs/answers.hpp"
#include "truckee/gbs/limits.hpp"
#include "truckee/gbs/requests.hpp"

#include <algorithm>

namespace truckee::actors {

namespace {

using grid::storage_status;

static_assert(messages::advice_reason_max == gbs::reason_bytes_max,
              "what one protocol takes goes on over the other");

delivered answered(storage_answer answer) {
  delivered out;
  out.answer = std::move(answer);
  return out;
}

delivered not_carried(const gbs::outcome& x) {
  return x.how == gbs::carried::unsent ? delivered::unsent(x.text, x.timed_out)
                                       : delivered::unknown(x.text, x.timed_out);
}

/// What a store says in such a case; nothing where it is not known what was done.
std::optional<storage_status> status_of(gbs::refusal_kind kind) {
  switch (kind) {
  case gbs::refusal_kind::unauthorized:
    return storage_status::refused;
  case gbs::refusal_kind::bad_write_enabler:
    return storage_status::bad_write_enabler;
  case gbs::refusal_kind::not_found:
    return storage_status::not_found;
  case gbs::refusal_kind::not_taken:
    return storage_status::malformed;
  case gbs::refusal_kind::no_space:
    return storage_status::no_space;
  case gbs::refusal_kind::trouble:
  case gbs::refusal_kind::malformed:
    return std::nullopt;
  }
  return std::nullopt;
}

constexpr const char* no_pieces =
    "a server of Tahoe-LAFS takes a share in one message only, and no pieces of one";

// -- writes --

delivered written(const grid::read_test_write& change, const gbs::response& x) {
  auto got = gbs::read_read_test_write(x, change.reads);
  if (!got) {
    const auto status = status_of(got.error().kind);
    // A server in trouble may have written, and no conflict is seen in that.
    if (!status)
      return delivered::unknown(got.error().detail);
    grid::read_test_write_answer refusal;
    refusal.status = *status;
    refusal.detail = got.error().detail;
    return answered(std::move(refusal));
  }
  grid::read_test_write_answer out;
  if (!got->success && gbs::tests_hold(change, got->reads)) {
    out.status = storage_status::no_space;
    out.detail = "it did not write although every test passes on what it shows: its disk may be full";
  } else {
    out.status = got->success ? storage_status::ok : storage_status::test_failed;
    out.reads = std::move(got->reads);
  }
  return answered(std::move(out));
}

void send(const gbs_server& to, const std::shared_ptr<const grid::read_test_write>& change,
          messages::duration silence_max, gbs_done done) {
  // A link gathers them (gathered_pieces.hpp): the protocol has no such thing, and without them a share would be a torso.
  if (std::ranges::any_of(change->changes, [](const auto& x) { return x.staged.has_value(); })) {
    grid::read_test_write_answer refusal;
    refusal.status = storage_status::refused;
    refusal.detail = no_pieces;
    done(answered(std::move(refusal)), false);
    return;
  }
  auto request = gbs::ask_read_test_write(to.swissnum, *change);
  if (!request) {
    grid::read_test_write_answer refusal;
    refusal.status = storage_status::too_large;
    refusal.detail = request.error().detail + "; nothing was sent";
    done(answered(std::move(refusal)), false);
    return;
  }
  to.line->send(std::move(*request), std::chrono::duration_cast<std::chrono::milliseconds>(silence_max),
                [change, done = std::move(done)](const gbs::outcome& x) {
                  if (x.how == gbs::carried::answered)
                    done(written(*change, x.answer), false);
                  else
                    done(not_carried(x), true);
                });
}

// -- reads --

/// One read of a slot: a request a share and range, side by side as far as the line lets them, after the list of its shares where
/// none are named.
class slot_reading : public std::enable_shared_from_this<slot_reading> {
public:
  slot_reading(gbs_server to, grid::slot_read what, std::chrono::milliseconds silence_max, gbs_done done)
    : to_(std::move(to)), what_(std::move(what)), silence_max_(silence_max), done_(std::move(done)) {}

  void begin() {
    const bool asks = std::ranges::any_of(what_.reads, [](const auto& x) { return x.length > 0; });
    if (asks && !what_.shares.empty()) {
      ask(what_.shares); // who has none of one says so
      return;
    }
    to_.line->send(gbs::ask_shares(to_.swissnum, what_.slot), silence_max_,
                   [me = shared_from_this()](const gbs::outcome& x) { me->listed(x); });
  }

private:
  void listed(const gbs::outcome& x) {
    if (x.how != gbs::carried::answered) {
      done_(not_carried(x), true);
      return;
    }
    const auto there = gbs::read_shares(x.answer);
    if (!there) {
      end_with(status_of(there.error().kind).value_or(storage_status::io_error), there.error().detail);
      return;
    }
    std::vector<share_number> wanted;
    for (const auto share : *there)
      if (what_.shares.empty() || std::ranges::find(what_.shares, share) != what_.shares.end())
        wanted.push_back(share);
    ask(wanted);
  }

  void ask(const std::vector<share_number>& wanted) {
    std::vector<std::pair<share_number, std::size_t>> all;
    for (const auto share : wanted) {
      answer_.reads[share].resize(what_.reads.size());
      for (std::size_t i = 0; i < what_.reads.size(); ++i)
        if (what_.reads[i].length > 0) // nothing is nothing
          all.emplace_back(share, i);
    }
    left_ = all.size();
    if (all.empty()) {
      done_(answered(std::move(answer_)), false);
      return;
    }
    for (const auto& [share, i] : all) {
      auto request = gbs::ask_range(to_.swissnum, what_.slot, share, what_.reads[i]);
      if (!request) {
        damaged(share, request.error().detail);
        one_less();
        continue;
      }
      to_.line->send(
          std::move(*request), silence_max_,
          [me = shared_from_this(), share = share, i = i](const gbs::outcome& x) { me->read(share, i, x); });
    }
  }

  void read(share_number share, std::size_t i, const gbs::outcome& x) {
    if (x.how != gbs::carried::answered) {
      if (!broken_)
        broken_ = not_carried(x);
    } else if (auto got = gbs::read_range(x.answer, what_.reads[i]); got) {
      if (const auto at = answer_.reads.find(share); at != answer_.reads.end())
        at->second[i] = std::move(*got);
    } else if (got.error().kind == gbs::refusal_kind::not_found) {
      answer_.reads.erase(share); // deleted since it was listed
    } else {
      damaged(share, got.error().detail);
    }
    one_less();
  }

  void damaged(share_number share, std::string why) {
    answer_.reads.erase(share);
    answer_.damaged.emplace(share, std::move(why));
  }

  void one_less() {
    if (--left_ > 0)
      return;
    if (broken_)
      done_(std::move(*broken_), true);
    else
      done_(answered(std::move(answer_)), false);
  }

  void end_with(storage_status status, std::string why) {
    answer_.status = status;
    answer_.detail = std::move(why);
    done_(answered(std::move(answer_)), false);
  }

  gbs_server to_;
  grid::slot_read what_;
  std::chrono::milliseconds silence_max_;
  gbs_done done_;
  grid::slot_read_answer answer_;
  std::optional<delivered> broken_;
  std::size_t left_ = 0;
};

void send(const gbs_server& to, grid::slot_read what, messages::duration silence_max, gbs_done done) {
  std::make_shared<slot_reading>(to, std::move(what),
                                 std::chrono::duration_cast<std::chrono::milliseconds>(silence_max),
                                 std::move(done))
      ->begin();
}

// -- leases, advice --

/// For what is answered by a status alone.
template <class Answer>
void send_small(const gbs_server& to, gbs::request what, messages::duration silence_max, gbs_done done,
                gbs::answer<void> (*read)(const gbs::response&)) {
  to.line->send(std::move(what), std::chrono::duration_cast<std::chrono::milliseconds>(silence_max),
                [done = std::move(done), read](const gbs::outcome& x) {
                  if (x.how != gbs::carried::answered) {
                    done(not_carried(x), true);
                    return;
                  }
                  Answer out;
                  if (const auto got = read(x.answer); !got) {
                    out.status = status_of(got.error().kind).value_or(storage_status::io_error);
                    out.detail = got.error().detail;
                  }
                  done(answered(std::move(out)), false);
                });
}

void send(const gbs_server& to, const messages::add_lease& what, messages::duration silence_max,
          gbs_done done) {
  send_small<messages::lease_answer>(to, gbs::ask_lease(to.swissnum, what.slot, what.renew, what.cancel),
                                     silence_max, std::move(done), gbs::read_lease);
}

void send(const gbs_server& to, const messages::share_advice& what, messages::duration silence_max,
          gbs_done done) {
  auto asked = gbs::ask_corruption_advice(to.swissnum, what.slot, what.share, what.reason);
  if (!asked) {
    done(answered(messages::advice_answer{storage_status::malformed, asked.error().detail}), false);
    return;
  }
  send_small<messages::advice_answer>(to, std::move(*asked), silence_max, std::move(done),
                                      gbs::read_corruption_advice);
}

void send(const gbs_server&, const messages::read_leases&, messages::duration, const gbs_done& done) {
  messages::stored_leases out;
  out.status = storage_status::refused;
  out.detail = "servers reached by nurl do not show leases: their protocol has no such question";
  done(answered(std::move(out)), false);
}

void send(const gbs_server&, const std::shared_ptr<const grid::stage_piece>&, messages::duration,
          const gbs_done& done) {
  done(answered(grid::stage_answer{storage_status::refused, 0, no_pieces}), false);
}

} // namespace

std::optional<delivered> no_room_for(const storage_request& request, std::uint64_t bytes_available) {
  const auto* change = std::get_if<std::shared_ptr<const grid::read_test_write>>(&request);
  if (change == nullptr)
    return std::nullopt;
  std::uint64_t added = 0;
  for (const auto& each : (*change)->changes)
    if (std::ranges::any_of(each.tests, [](const auto& x) { return x.specimen.empty(); }))
      for (const auto& part : each.writes)
        added += part.data.size();
  if (added == 0 || added <= bytes_available)
    return std::nullopt;
  grid::read_test_write_answer refusal;
  refusal.status = storage_status::no_space;
  refusal.bytes_available = bytes_available;
  refusal.detail = "new shares with " + std::to_string(added) +
                   " bytes would go to it, which said it has room for " + std::to_string(bytes_available) +
                   "; nothing was sent";
  return answered(std::move(refusal));
}

void send_by_gbs(const gbs_server& to, storage_request request, messages::duration silence_max,
                 gbs_done done) {
  std::visit([&](auto& x) { send(to, std::move(x), silence_max, std::move(done)); }, request);
}

void introduce_by_gbs(const gbs_server& to, const std::optional<server_id>& id,
                      messages::duration silence_max, std::function<void(gbs_introduction)> done) {
  to.line->send(gbs::ask_version(to.swissnum),
                std::chrono::duration_cast<std::chrono::milliseconds>(silence_max),
                [id, done = std::move(done)](const gbs::outcome& x) {
                  gbs_introduction out;
                  if (x.how != gbs::carried::answered) {
                    out.why = x.refused ? link_failure::refused : link_failure::unreachable;
                    out.timed_out = x.timed_out;
                    out.text = x.text;
                    done(std::move(out));
                    return;
                  }
                  const auto version = gbs::read_version(x.answer);
                  if (!version) {
                    const bool troubled = version.error().kind == gbs::refusal_kind::trouble;
                    out.why = troubled ? link_failure::unreachable : link_failure::refused;
                    out.text = version.error().detail;
                    done(std::move(out));
                    return;
                  }
                  auto& info = out.info.emplace();
                  info.id = id.value_or(x.certificate);
                  info.software = version->software;
                  info.permutation_seed = to_bytes(info.id.view());
                  info.bytes_available = version->bytes_available;
                  info.share_bytes_max = version->mutable_share_bytes_max;
                  info.read_only = version->bytes_available == 0; // all that the protocol says of it
                  done(std::move(out));
                });
}

} // namespace truckee::actors
