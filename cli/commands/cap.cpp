#include "truckee/cli/session/inputs.hpp"
#include "truckee/crypto/base32.hpp"
#include "truckee/crypto/capability.hpp"
#include "truckee/status/json_text.hpp"

#include <nlohmann/json.hpp>

namespace truckee::cli {

namespace {

struct cap_options {
  std::string cap_file;
  bool read_only = false;
  bool verify = false;
};

int cap(const cap_options& o, const global_options& global) {
  operation_options files;
  files.cap_file = o.cap_file;
  if (auto kept = keep_inputs(files, global); !kept)
    return complain(kept.error());
  auto text = read_cap(o.cap_file);
  if (!text)
    return complain(text.error());
  auto parsed = crypto::parse_capability(text->view());
  if (!parsed)
    return complain(to_error(parsed.error()));
  auto out = *parsed;
  if (o.read_only) {
    const auto weaker = crypto::to_read_cap(parsed->file);
    if (!weaker)
      return complain(
          {errc::insufficient_capability, "a read capability cannot be made from a verify capability"});
    out.file = *weaker;
  } else if (o.verify) {
    out.file = crypto::to_verify_cap(parsed->file);
  }
  if (global.json) {
    const nlohmann::json facts{
        {"cap", crypto::to_text(out)},
        {"strength", crypto::strength_of(out.file)},
        {"format", crypto::format_of(out.file) == crypto::file_format::sdmf ? "sdmf" : "mdmf"},
        {"directory", out.directory},
        {"storage_index", crypto::to_base32(crypto::storage_index_of(out.file).view())}};
    return give(status::json_text(facts));
  }
  return give(crypto::to_text(out) + "\n");
}

} // namespace

void add_cap(CLI::App& app, program& p) {
  auto o = std::make_shared<cap_options>();
  auto* cmd = app.add_subcommand(
      "cap",
      "truckee cap --cap-file report.cap --read-only > report.ro.cap\n\n"
      "Derives a weaker capability to give away. --read-only: it may read; --verify: it may only check\n"
      "shares. Without either, prints the capability in its canonical form.");
  cmd->add_option("--cap-file", o->cap_file, "File with the capability; '-': standard input")
      ->required()
      ->type_name("FILE");
  auto* read_only = cmd->add_flag("--read-only", o->read_only, "The capability to read");
  cmd->add_flag("--verify", o->verify, "The capability to check shares")->excludes(read_only);
  cmd->callback([&p, o] { p.run = [&p, o] { return cap(*o, p.options); }; });
}

} // namespace truckee::cli
