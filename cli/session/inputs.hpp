#pragma once

#include "truckee/base/secret_text.hpp"
#include "truckee/base/shared_bytes.hpp"
#include "truckee/cli/command.hpp"
#include "truckee/cli/files/lendable.hpp"
#include "truckee/cli/files/secret_files.hpp"

/// What the commands on one file read before they begin.
namespace truckee::cli {

/// The capability of --cap-file; a warning where others may read the file it is in.
result<secret_text> read_cap(const std::string& source);

/// The private key of --private-key-file, as PEM that crypto::private_key::from_pem takes; a warning where others may read
/// its file. errc::usage names the file and says what is in it instead, never its content.
result<truckee::secret_text> read_private_key(const std::string& source);

/// What is to be published: a file, or standard input for "-", which is said where that is a terminal. No more than a
/// gateway takes.
result<shared_bytes> read_publication(const std::string& file);

/// The same of an MDMF file, whatever its size: what is long stays in its file.
result<lendable_content> open_publication(const std::string& file);

/// A warning on standard error where others than its owner may read a file with a secret.
void warn_of_readers(const std::string& file, std::string_view what);

/// errc::usage where --log-file, standard output or `output` would write over what this command reads. `input`: what else
/// it reads. "-" and nothing are the standard ones, and none.
result<void> keep_inputs(const operation_options& o, const global_options& global,
                         const std::string& input = {}, const std::string& output = {});

} // namespace truckee::cli
