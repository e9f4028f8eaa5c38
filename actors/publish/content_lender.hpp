#pragma once

#include "truckee/actors/steps/retriever.hpp"
#include "truckee/codec/mdmf/content_edit.hpp"
#include "truckee/codec/share_layout.hpp"
#include "truckee/messages/gateway.hpp"

#include <functional>
#include <memory>
#include <variant>
#include <vector>

namespace truckee::actors {

/// A version that is there, with a change of some of its bytes, or none. While others write over its shares it may cease to
/// be readable.
struct standing_content {
  std::shared_ptr<const messages::mapped_file> mapped;
  messages::map_updater mapper; ///< as retrieve_task's
  grid::file_version version;
  codec::mdmf::content_edit edit = {};
  shared_bytes data = {}; ///< that the edit writes

  bool is_edited() const { return edit.length > 0 || edit.cut; }
};

/// Content that is too much for memory, and who has it: it is read part by part, as often as it is needed, and has to be the
/// same each time.
struct content_lender {
  std::uint64_t bytes = 0;
  std::variant<messages::content_source, standing_content> who;
};

/// A part of it.
struct lent_part {
  shared_bytes data;
  std::vector<crypto::version_salt>
      salts; ///< of the segments it lies in, where an unchanged version is there
};

using lent_part_then = std::function<void(result<lent_part>)>;

/// Asks who lends content for a part of it, whole segments; `then` runs once, later, and never after the actor `self`.
template <class Self>
void read_lent(Self* self, const operation_context& context, const messages::content_source& source,
               const codec::byte_range& place, lent_part_then then) {
  messages::request(
      self, source, messages::duration(context.services->limits.server_deadline(place.length)),
      messages::read_content{place.offset, place.length},
      [then, length = place.length](const messages::content_part& x) {
        if (!x.ok)
          then(tl::unexpected(x.failure));
        else if (x.data.size() != length)
          then(fail(errc::protocol, "who lends the content gave " + std::to_string(x.data.size()) +
                                        " bytes of it, and was asked for " + std::to_string(length)));
        else
          then(lent_part{x.data, {}});
      },
      [then, self](const caf::error& e) {
        then(fail(errc::io,
                  "who lends the content gives no more of it: " + messages::describe(e, self->system())));
      });
}

/// Reads the part of the version that is there, verified to its signed root, and changes it.
template <class Self>
void read_lent(Self* self, const operation_context& context, const standing_content& from,
               const codec::byte_range& place, lent_part_then then) {
  const auto now = from.version.data_length;
  const auto kept = codec::mdmf::kept_of(now, from.edit, place);
  const auto changed = [from, place, now](lent_part part) {
    if (from.is_edited())
      part = {
          shared_bytes(codec::mdmf::edited_part(now, from.edit, place, part.data.view(), from.data.view())),
          {}};
    return part;
  };
  if (kept.length == 0) {
    messages::send_later(self, messages::duration(0),
                         messages::continuation{[then, changed] { then(changed({})); }});
    return;
  }
  auto quiet = context; // parts tell nothing of themselves: the whole does
  quiet.listener = messages::progress_sink{};
  messages::request(
      self,
      spawn_retriever(self->system(), {.context = std::move(quiet),
                                       .mapped = from.mapped,
                                       .mapper = from.mapper,
                                       .version = from.version,
                                       .range = {kept.offset, kept.length}}),
      messages::duration(context.services->limits.publish_deadline), messages::read_version{},
      [then, changed](const messages::content_answer& x) {
        if (x.ok)
          then(changed({x.content, x.salts}));
        else
          then(tl::unexpected(x.failure));
      },
      [then, self](const caf::error& e) { then(tl::unexpected(messages::as_error(e, self->system()))); });
}

template <class Self>
void read_lent(Self* self, const operation_context& context, const content_lender& lender,
               const codec::byte_range& place, lent_part_then then) {
  std::visit([&](const auto& who) { read_lent(self, context, who, place, std::move(then)); }, lender.who);
}

} // namespace truckee::actors
