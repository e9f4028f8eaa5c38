#include "truckee/actors/gateway/gateway_state.hpp"
#include "truckee/actors/operations/append.hpp"
#include "truckee/actors/operations/checker.hpp"
#include "truckee/actors/operations/file_reader.hpp"
#include "truckee/actors/operations/file_writer.hpp"
#include "truckee/actors/operations/repairer.hpp"
#include "truckee/actors/operations/replies.hpp"
#include "truckee/actors/operations/strict_repairer.hpp"
#include "truckee/actors/shell/link_reads.hpp"
#include "truckee/base/overloaded.hpp"
#include "truckee/grid/strict/writer_note.hpp"

namespace truckee::actors::gateway {

template <class Reply, class Actor>
void state::run(gateway_operation& x, const Actor& actor) {
  x.runner = caf::actor_cast<stoppable>(actor);
  // Operations arm their own deadlines; this one only guards against a defect of ours.
  request(
      self_, actor, std::chrono::hours(24), messages::run{},
      [this, id = x.event.operation](const Reply& reply) {
        if (!again_with_all(id, reply))
          finish(id, reply);
      },
      [this, id = x.event.operation](const caf::error& e) {
        auto* broken = table_.find(id);
        if (broken == nullptr)
          return;
        broken->runner = stoppable{}; // it counted nothing
        finish(id, failed(broken->what,
                          {errc::internal, "the operation broke off: " + describe(e, self_->system())}));
      });
}

namespace {

/// How this file is kept strictly; an error says why it cannot be.
result<grid::strict_setting> setting_for(const grid::strict_terms& terms, const grid::spread& spread,
                                         const server_list& servers, const storage_index& slot,
                                         const settings::grid_config* config) {
  std::optional<grid::setting_hash> neighbours;
  if (config && config->neighbour) {
    const auto theirs = grid::setting_of(*config->neighbour, slot);
    if (!theirs)
      return fail(theirs.error().code, "[publish] neighbour: " + theirs.error().detail);
    neighbours = grid::hash_of(*theirs);
  }
  if (config && config->exchange) // which names all ids, so that it does not matter who answers
    return grid::setting_of(settings::strict_grid_of(*config), slot, neighbours);
  return servers.all_permuted(slot).and_then([&](std::vector<server_id> all) {
    return grid::strict_setting::make(
        {spread.needed, spread.total, std::move(all), terms.liars, terms.rounds, neighbours});
  });
}

bool reads_or_writes_content(const gateway_request& what) {
  return !std::holds_alternative<check_request>(what) && !std::holds_alternative<list_leases_request>(what);
}

/// A confirmed read where nothing confirms a version.
std::optional<error> in_place_has_no(const gateway_request& what) {
  const auto* read = std::get_if<retrieve_request>(&what);
  if (read == nullptr || !read->confirmed)
    return std::nullopt;
  return error{errc::usage,
               "files are written in place here, where nothing confirms a version; the grid file's "
               "[publish] order = \"strict\" does"};
}

/// What a grid whose files are kept strictly does not do for this request; nothing: it does.
std::optional<error> strict_has_no(const gateway_request& what, file_format format,
                                   const grid::spread& spread) {
  if (format == file_format::mdmf)
    return error{
        errc::refused,
        "files are kept strictly here, and MDMF files cannot be; a grid file whose [publish] order is "
        "\"in-place\" reads and writes them"};
  const auto* publish = std::get_if<publish_request>(&what);
  if (publish != nullptr && publish->spread &&
      (publish->spread->needed != spread.needed || publish->spread->total != spread.total))
    return error{errc::usage, "files are kept strictly here, and all of them " +
                                  std::to_string(spread.needed) + " of " + std::to_string(spread.total) +
                                  ", as the grid file says"};
  return std::nullopt;
}

} // namespace

void state::start(gateway_operation& x, server_list_ptr servers) {
  auto& system = self_->system();
  std::optional<grid::strict_setting> strict;
  if (options_.strict) {
    auto made =
        setting_for(*options_.strict, options_.defaults, *servers, x.access.slot, options_.grid.get());
    const bool needed = reads_or_writes_content(x.what);
    if (!made && needed && x.left_slow && !x.wants_all) { // one that was not waited for may say its id yet
      x.wants_all = true;
      return call_servers(x.event.operation);
    }
    const auto no =
        made ? strict_has_no(x.what, x.access.format, options_.defaults) : std::optional(made.error());
    if (no && needed)
      return finish(x.event.operation, failed(x.what, *no), refusal::unsupported);
    if (made && x.access.format != file_format::mdmf)
      strict = std::move(*made);
  } else if (const auto no = in_place_has_no(x.what)) {
    return finish(x.event.operation, failed(x.what, *no), refusal::unsupported);
  }
  const operation_context context{services_, x.event.operation, listener(),           x.access, servers,
                                  {},        number_of(x.from), !subscribers_.empty()};
  const auto any_write_task = [&] {
    write_task task{.context = context,
                    .key = x.key,
                    .defaults = options_.defaults,
                    .strict = strict,
                    .sent = history_.of(x.access.slot),
                    .kept = kept_.of(x.access.slot)};
    task.wish.limits = services_->limits;
    return task;
  };
  const auto write_task_of = [&](const shared_bytes& content) {
    auto task = any_write_task();
    task.content = content;
    task.own = memory_.find(x.named)->own;
    return task;
  };
  std::visit(
      overloaded{
          [&](const publish_request& r) {
            auto task = write_task_of(r.content);
            if (r.lent.source && r.lent.bytes > 0) // of none there is nothing to be brought
              task.lent = std::make_shared<const content_lender>(content_lender{r.lent.bytes, r.lent.source});
            if (r.offset)
              task.append = addition{r.content, limits_.content_bytes_max, r.offset, r.cut};
            if (r.only_if)
              task.wish.only_if = {r.only_if->version, r.only_if->root};
            if (!r.private_key.empty())
              task.wish.kind = grid::write_kind::create;
            task.spread = r.spread;
            run<publish_reply>(x, spawn_file_writer(system, std::move(task)));
          },
          [&](const append_request& r) {
            auto task = write_task_of(r.data);
            task.append = addition{r.data, limits_.content_bytes_max};
            run<publish_reply>(x, spawn_file_writer(system, std::move(task)));
          },
          [&](const retrieve_request& r) {
            read_task task{.context = context, .strict = strict, .confirmed = r.confirmed};
            task.range = {r.offset, r.length};
            if (r.only_if)
              task.only = grid::version_condition{r.only_if->version, r.only_if->root};
            task.kept = kept_reads_.of(x.access.slot);
            if (strict && x.access.write && !options_.read_only) {
              auto write = any_write_task();
              write.renew = grid::write_kind::renew;
              task.renewal = [&system, write] { return spawn_file_writer(system, write); };
            }
            run<retrieve_reply>(x, spawn_file_reader(system, std::move(task)));
          },
          [&](const check_request& r) {
            run<check_reply>(
                x, spawn_checker(
                       system,
                       {.context = context, .verify = r.verify, .strict = strict, .add_lease = r.add_lease}));
          },
          [&](const repair_request& r) {
            kept_.drop(x.access.slot);
            if (strict) {
              auto write = any_write_task();
              write.renew = grid::write_kind::repair;
              run<repair_reply>(x, spawn_strict_repairer(system, std::move(write)));
              return;
            }
            run<repair_reply>(x, spawn_repairer(system, {.context = context,
                                                         .defaults = options_.defaults,
                                                         .force = r.force,
                                                         .sent = history_.of(x.access.slot)}));
          },
          [&](const list_leases_request&) { list_leases(x, servers); },
      },
      x.what);
}

void state::list_leases(const gateway_operation& x, const server_list_ptr& servers) {
  const auto& entries = servers->entries();
  const auto deadline = duration(services_->limits.server_deadline(0));
  gather<read_leases_answer>(
      self_, entries.size(), deadline + link_grace, [&](std::size_t i) { return entries[i].link; },
      [&](std::size_t i) {
        const auto secrets = crypto::derive_lease_secrets(services_->lease, x.access.slot, entries[i].id);
        return read_leases_at{read_leases{x.access.slot, secrets.renew}, deadline};
      },
      [this, servers, id = x.event.operation](const gathered<read_leases_answer>& answers) {
        finish(id, leases_reply_of(*servers, answers));
      });
}

} // namespace truckee::actors::gateway
