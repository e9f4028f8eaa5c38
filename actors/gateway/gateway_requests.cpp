#include "truckee/actors/gateway/gateway_state.hpp"
#include "truckee/actors/gateway/key_maker.hpp"
#include "truckee/actors/operations/append.hpp"
#include "truckee/actors/operations/checker.hpp"
#include "truckee/actors/operations/file_reader.hpp"
#include "truckee/actors/operations/file_writer.hpp"
#include "truckee/actors/operations/repairer.hpp"
#include "truckee/actors/shell/link_reads.hpp"

namespace truckee::actors::gateway {

operation_context state::context_for(std::uint64_t id, const shares::file_access& access,
                                     server_list_ptr servers) {
  return {services_, id, listener(), access, std::move(servers), {}};
}

caf::result<publish_reply> state::on_publish(const publish_request& x) {
  auto promise = promise_for<publish_reply>();
  auto record = new_record("publish", x.token, x.content.size());
  if (auto bad = check_publish(x)) {
    turn_away(std::move(record), promise, *bad);
    return promise;
  }
  if (!x.write_cap.empty()) {
    auto access = shares::open_capability(x.write_cap, shares::strength::write);
    if (!access)
      turn_away(std::move(record), promise, access.error());
    else
      enter_publish(std::move(record), x, promise, std::move(*access), std::nullopt);
    return promise;
  }
  await_key(std::move(record), x, promise);
  return promise;
}

void state::await_key(operation_record record, const publish_request& x,
                      caf::typed_response_promise<publish_reply> promise) {
  const auto who = caller_;
  if (auto busy = cannot_enter(x.token, who)) {
    turn_away(std::move(record), promise, *busy);
    return;
  }
  const auto id = record.event.operation;
  record.event.text = "Waiting for a fresh key";
  show(record.event);
  awaiting_keys_.emplace(id, key_wait{std::move(record), promise, who});
  if (x.timeout_ms > 0)
    arm_deadline(id, x.timeout_ms);
  request(
      self_, keys_, duration(services_->limits.publish_deadline), take_key{},
      [this, x, id, asked = services_->time->now()](const key_answer& answer) {
        const auto at = awaiting_keys_.find(id);
        if (at == awaiting_keys_.end())
          return; // stopped meanwhile; the key is lost with the file nobody wants
        auto key_promise = at->second.promise;
        const auto asker = at->second.caller;
        auto waited = std::move(at->second.record);
        awaiting_keys_.erase(at);
        if (!answer.key) {
          turn_away(std::move(waited), key_promise, answer.failure);
          return;
        }
        const crypto::file_keys keys(*answer.key);
        auto rest = x;
        if (x.timeout_ms > 0)
          rest.timeout_ms = time_left(x.timeout_ms, asked);
        enter_publish(std::move(waited), rest, key_promise,
                      shares::access_to({x.format, keys.write, keys.fingerprint}), answer.key, {}, asker);
      },
      [this, id](const caf::error& e) {
        stop_key_wait(id, {errc::timeout, "no key for the new file: " + describe(e, self_->system())});
      });
}

bool state::stop_key_wait(std::uint64_t id, error why) {
  const auto at = awaiting_keys_.find(id);
  if (at == awaiting_keys_.end())
    return false;
  auto promise = at->second.promise;
  auto record = std::move(at->second.record);
  awaiting_keys_.erase(at);
  turn_away(std::move(record), promise, std::move(why));
  quit_when_idle();
  return true;
}

std::uint64_t state::time_left(std::uint64_t timeout_ms, clock::time_point asked) const {
  const auto gone =
      std::chrono::duration_cast<std::chrono::milliseconds>(services_->time->now() - asked).count();
  return timeout_ms - std::min(timeout_ms - 1, static_cast<std::uint64_t>(gone));
}

std::optional<error> state::check_publish(const publish_request& x) const {
  if (x.content.size() > options_.limits.content_bytes_max)
    return error{errc::too_large, "the content has " + std::to_string(x.content.size()) +
                                      " bytes and at most " +
                                      std::to_string(options_.limits.content_bytes_max) + " are taken"};
  if (x.format != file_format::sdmf || x.write_cap.starts_with("URI:MDMF"))
    return error{errc::refused, "MDMF files cannot be written yet; use --format sdmf"};
  return std::nullopt;
}

void state::enter_publish(operation_record record, const publish_request& x,
                          caf::typed_response_promise<publish_reply> promise, shares::file_access access,
                          const std::optional<crypto::private_key>& key, const modifier& modify,
                          const std::optional<caf::node_id>& who) {
  const auto cap =
      to_text(crypto::file_cap(crypto::write_cap{access.format, *access.write, access.fingerprint}));
  enter(
      std::move(record), access, x.timeout_ms, std::move(promise),
      [this, x, access, key, cap, modify](std::uint64_t id, server_list_ptr servers,
                                          const std::function<void(publish_reply)>& finish) {
        write_task task{.context = context_for(id, access, std::move(servers)),
                        .key = key,
                        .content = x.content,
                        .modify = modify,
                        .spread = x.spread,
                        .defaults = options_.defaults,
                        .sent = history_.of(access.slot)};
        task.wish.limits = services_->limits;
        task.wish.order = options_.order;
        if (x.only_if)
          task.wish.only_if = {x.only_if->version, x.only_if->root};
        run_operation<publish_reply>(id, spawn_file_writer(self_->system(), std::move(task)),
                                     [cap, finish](publish_reply reply) {
                                       reply.write_cap = cap;
                                       finish(std::move(reply));
                                     });
      },
      who);
}

caf::result<publish_reply> state::on_append(const append_request& x) {
  auto promise = promise_for<publish_reply>();
  auto record = new_record("append", x.token, x.data.size());
  auto access = shares::open_capability(x.write_cap, shares::strength::write);
  if (!access) {
    turn_away(std::move(record), promise, access.error());
    return promise;
  }
  publish_request as_publish;
  as_publish.token = x.token;
  as_publish.write_cap = x.write_cap;
  as_publish.content = x.data;
  as_publish.timeout_ms = x.timeout_ms;
  if (auto bad = check_publish(as_publish))
    turn_away(std::move(record), promise, *bad);
  else
    enter_publish(std::move(record), as_publish, promise, std::move(*access), std::nullopt,
                  append_of(x.data, options_.limits.content_bytes_max));
  return promise;
}

caf::result<repair_reply> state::on_repair(const repair_request& x) {
  return admit<repair_reply>(
      "repair", x.token, x.write_cap, shares::strength::write, x.timeout_ms,
      [this, force = x.force](const shares::file_access& access, std::uint64_t id, server_list_ptr servers,
                              const std::function<void(repair_reply)>& finish) {
        run_operation<repair_reply>(
            id,
            spawn_repairer(self_->system(), {.context = context_for(id, access, std::move(servers)),
                                             .defaults = options_.defaults,
                                             .order = options_.order,
                                             .force = force,
                                             .sent = history_.of(access.slot)}),
            finish);
      });
}

caf::result<list_leases_reply> state::on_list_leases(const list_leases_request& x) {
  return admit<list_leases_reply>(
      "leases", x.token, x.cap, shares::strength::verify, 0,
      [this](const shares::file_access& access, std::uint64_t, const server_list_ptr& servers,
             const std::function<void(list_leases_reply)>& finish) {
        const auto& entries = servers->entries();
        const auto deadline = duration(services_->limits.server_deadline(0));
        gather<read_leases_answer>(
            self_, entries.size(), deadline + link_grace, [&](std::size_t i) { return entries[i].link; },
            [&](std::size_t i) {
              const auto secrets = crypto::derive_lease_secrets(services_->lease, access.slot, entries[i].id);
              return read_leases_at{read_leases{access.slot, secrets.renew}, deadline};
            },
            [servers, finish](const gathered<read_leases_answer>& answers) {
              finish(leases_reply_of(*servers, answers));
            });
      });
}

caf::result<retrieve_reply> state::on_retrieve(const retrieve_request& x) {
  return admit<retrieve_reply>(
      "retrieve", x.token, x.cap, shares::strength::read, x.timeout_ms,
      [this](const shares::file_access& access, std::uint64_t id, server_list_ptr servers,
             const std::function<void(retrieve_reply)>& finish) {
        run_operation<retrieve_reply>(
            id, spawn_file_reader(self_->system(), context_for(id, access, std::move(servers))), finish);
      });
}

caf::result<check_reply> state::on_check(const check_request& x) {
  return admit<check_reply>(
      x.verify ? "verify" : "check", x.token, x.cap, shares::strength::verify, x.timeout_ms,
      [this, verify = x.verify, lease = x.add_lease](const shares::file_access& access, std::uint64_t id,
                                                     server_list_ptr servers,
                                                     const std::function<void(check_reply)>& finish) {
        run_operation<check_reply>(
            id,
            spawn_checker(self_->system(), {.context = context_for(id, access, std::move(servers)),
                                            .verify = verify,
                                            .add_lease = lease}),
            finish);
      });
}

} // namespace truckee::actors::gateway
