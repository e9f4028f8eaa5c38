#include "truckee/actors/steps/retriever.hpp"

#include "truckee/actors/shell/link_reads.hpp"
#include "truckee/actors/shell/offload.hpp"
#include "truckee/codec/sdmf/decode.hpp"
#include "truckee/grid/publish/write_message.hpp"
#include "truckee/shares/share_check.hpp"

namespace truckee::actors {

namespace {

using namespace messages;
using clock = std::chrono::steady_clock;

/// A fetch that takes longer than this gets a replacement beside it.
constexpr auto hedge_after = std::chrono::seconds(2);

struct verdict_on_share {
  grid::share_verdict verdict = grid::share_verdict::bad;
  std::string reason;
  share_body body;
};

/// The body of a share read from a server: is it still of the version we read, and does it lead to the root?
verdict_on_share judge_body(const codec::share_header& header, const grid::file_version& version,
                            const shared_bytes& prefix, share_body body) {
  const auto now = grid::parse_prefix(prefix.view());
  if (!now || *now != version)
    return {now ? grid::share_verdict::changed : grid::share_verdict::bad,
            now ? "it is " + describe(*now) + " now" : now.error().detail,
            {}};
  if (auto good = verify_body(header, body); !good)
    return {grid::share_verdict::bad, to_string(good.error()), {}};
  return {grid::share_verdict::good, {}, std::move(body)};
}

class retriever_state {
public:
  using handle = extended<retriever, void(continuation)>;
  static constexpr const char* name = "truckee.retriever";

  retriever_state(shell<retriever_state>* self, services_ptr services, retrieve_task task)
    : self_(self), services_(std::move(services)), task_(std::move(task)), heads_(task_.mapped->heads),
      plan_(task_.mapped->map, task_.version, {}, services_->limits) {}

  behavior<handle> make_behavior() {
    return {
        [this](const read_version&) {
          promise_ = self_->template make_response_promise<content_answer>();
          pump();
          return caf::result<content_answer>(*promise_);
        },
        [this](const stop& x) {
          fail_with({x.reason, "the read was stopped"});
        },
        [](const continuation& rest) { rest.run(); },
    };
  }

private:
  void pump() {
    if (ended_)
      return;
    for (const auto& place : plan_.next())
      fetch(place);
    tell();
    switch (plan_.state()) {
    case grid::retrieve_state::fetching:
      return;
    case grid::retrieve_state::enough:
      decode();
      return;
    case grid::retrieve_state::needs_more:
      ask_for_more();
      return;
    case grid::retrieve_state::not_possible:
      not_enough();
      return;
    }
  }

  void fetch(const grid::share_place& place) {
    const auto head = heads_.find(place);
    const auto* entry = task_.servers->find(place.server);
    if (head == heads_.end() || entry == nullptr) {
      later([this, place] { plan_.on_failure(place, "its beginning is not at hand"); });
      return;
    }
    const auto parsed = codec::parse_share_head(head->second.view());
    if (!parsed) {
      later([this, place] { plan_.on_verdict(place, grid::share_verdict::bad, "it does not parse"); });
      return;
    }
    const auto header = parsed->header();
    if (auto body = body_in_head(place.share, head->second)) {
      judge(place, header, head->second, std::move(*body));
      return;
    }
    const auto& layout = parsed->layout();
    const auto begin = layout.share_hash_chain.offset;
    const auto length = layout.share_data.end() - begin;
    grid::slot_read request{task_.access.slot, {place.share}, {{0, grid::prefix_read_size}, {begin, length}}};
    const auto deadline = duration(services_->limits.server_deadline(length));
    hedge(place);
    read_from(self_, entry->link, std::move(request), deadline,
              [this, place, header, layout](const read_answer& x) { on_answer(place, header, layout, x); });
  }

  void later(std::function<void()> what) {
    send_later(self_, duration(0), continuation{[this, what = std::move(what)] {
                 what();
                 pump();
               }});
  }

  void hedge(const grid::share_place& place) {
    send_later(self_, duration(hedge_after), continuation{[this, place] {
                 if (ended_)
                   return;
                 plan_.on_slow(place);
                 pump();
               }});
  }

  void on_answer(const grid::share_place& place, const codec::share_header& header,
                 const codec::share_layout& layout, const read_answer& x) {
    if (ended_)
      return;
    count_read(services_->metrics->server(task_.servers->name_of(place.server)), x);
    if (!went_well(x)) {
      plan_.on_failure(place, reason_of(x));
      pump();
      return;
    }
    const auto at = x.answer.reads.find(place.share);
    if (at == x.answer.reads.end() || at->second.size() != 2) {
      const auto damaged = x.answer.damaged.find(place.share);
      plan_.on_verdict(
          place, damaged == x.answer.damaged.end() ? grid::share_verdict::gone : grid::share_verdict::bad,
          damaged == x.answer.damaged.end() ? "the server does not have it any more" : damaged->second);
      pump();
      return;
    }
    const auto& run = at->second[1];
    const auto from = layout.share_hash_chain.offset;
    auto part = [&](const codec::byte_range& range) { return run.slice(range.offset - from, range.length); };
    judge(place, header, at->second[0],
          share_body{place.share, part(layout.share_hash_chain), part(layout.block_hash_tree),
                     part(layout.share_data)});
  }

  void judge(const grid::share_place& place, const codec::share_header& header, const shared_bytes& prefix,
             share_body body) {
    header_ = header;
    offload(
        self_, *services_->compute,
        [header, version = task_.version, prefix, body = std::move(body)]() mutable {
          return judge_body(header, version, prefix, std::move(body));
        },
        [this, place](verdict_on_share&& v) {
          if (v.verdict == grid::share_verdict::good)
            bodies_.insert_or_assign(place.share, std::move(v.body));
          else if (v.verdict == grid::share_verdict::bad)
            tell_lie(place, v.reason);
          plan_.on_verdict(place, v.verdict, std::move(v.reason));
          pump();
        });
  }

  void tell_lie(const grid::share_place& place, std::string_view reason) {
    const auto server = task_.servers->name_of(place.server);
    services_->metrics->server(server).share_was_corrupt();
    logs::say(services_->log, logs::events::lying_server,
              {{"operation", task_.operation},
               {"server", server},
               {"share", place.share.value},
               {"reason", reason}});
  }

  void ask_for_more() {
    if (asking_)
      return;
    asking_ = true;
    messages::request(
        self_, task_.mapper, duration(services_->limits.publish_deadline), map_more{},
        [this](const map_answer& x) {
          asking_ = false;
          for (const auto& [place, head] : x.mapped->heads)
            heads_.insert_or_assign(place, head);
          if (x.more)
            plan_.add_places(x.mapped->map);
          if (!x.more || plan_.state() == grid::retrieve_state::needs_more)
            plan_.give_up();
          pump();
        },
        [this](const caf::error&) {
          asking_ = false;
          plan_.give_up();
          pump();
        });
  }

  void decode() {
    ended_ = true;
    offload(
        self_, *services_->compute,
        [services = services_, header = *header_, key = *task_.access.read, bodies = bodies_] {
          std::vector<codec::numbered_block> blocks;
          for (const auto& [share, body] : bodies)
            blocks.push_back({share, body.data.view()});
          return codec::decode_sdmf(header, key, blocks, *services->codes);
        },
        [this](result<shared_bytes>&& content) {
          if (!content) {
            fail_with(content.error());
            return;
          }
          services_->metrics->plaintext_retrieved(content->size());
          auto answer = base_answer();
          answer.ok = true;
          answer.content = std::move(*content);
          finish(std::move(answer));
        });
  }

  void not_enough() {
    std::string detail = "only " + std::to_string(plan_.good().size()) + " good shares of " +
                         describe(task_.version) + " could be had, and " + std::to_string(task_.version.k) +
                         " are needed";
    for (const auto& lie : plan_.lying())
      detail += "; " + task_.servers->name_of(lie.server) + " share " + std::to_string(lie.share.value) +
                ": " + lie.reason;
    for (const auto& [place, why] : plan_.failures())
      detail += "; " + task_.servers->name_of(place.server) + " share " + std::to_string(place.share.value) +
                ": " + why;
    fail_with({errc::not_enough_shares, std::move(detail)});
  }

  content_answer base_answer() const {
    content_answer out;
    out.lying = plan_.lying();
    out.failures = plan_.failures();
    out.changed = plan_.changed();
    out.seconds = services_->time->seconds_since(start_);
    return out;
  }

  void fail_with(error why) {
    auto answer = base_answer();
    answer.failure = std::move(why);
    finish(std::move(answer));
  }

  void finish(content_answer answer) {
    ended_ = true;
    if (promise_)
      promise_->deliver(std::move(answer));
    self_->quit();
  }

  void tell() {
    if (!task_.listener)
      return;
    const auto good = plan_.good().size();
    const std::size_t k = task_.version.k;
    operation_progress out;
    out.operation = task_.operation;
    out.text = "Reading shares: " + std::to_string(good) + " good of " + std::to_string(k) + " needed";
    out.progress = task_.span.at(good, k);
    out.bytes_total = task_.version.data_length;
    out.bytes_done = out.bytes_total / k * std::min(good, k);
    out.goal = static_cast<std::uint32_t>(k);
    out.placed = static_cast<std::uint32_t>(good);
    send(self_, task_.listener, std::move(out));
  }

  shell<retriever_state>* self_;
  services_ptr services_;
  retrieve_task task_;
  std::map<grid::share_place, shared_bytes> heads_;
  grid::retrieve_plan plan_;
  std::optional<caf::typed_response_promise<content_answer>> promise_;
  std::optional<codec::share_header> header_;
  std::map<share_number, share_body> bodies_;
  bool asking_ = false;
  bool ended_ = false;
  clock::time_point start_ = services_->time->now();
};

} // namespace

messages::retriever spawn_retriever(caf::actor_system& system, services_ptr services, retrieve_task task) {
  return messages::spawn<retriever_state>(system, std::move(services), std::move(task));
}

} // namespace truckee::actors
